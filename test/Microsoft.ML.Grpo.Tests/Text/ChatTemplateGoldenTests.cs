using System.Text.Json;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Real chat templates and what transformers makes of them.</summary>
[TestClass]
public class ChatTemplateGoldenTests
{
    private static readonly string[] ChatML = ["chatml_smollm", "qwen2_5", "qwen2_5_training", "qwen3", "qwen3_training", "qwen3_instruct_2507"];

    [TestMethod]
    [DataRow("chatml_smollm", true, "You are a helpful AI assistant named SmolLM, trained by Hugging Face")]
    [DataRow("qwen2_5", true, "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.")]
    [DataRow("qwen2_5_training", true, "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.")]
    [DataRow("qwen3", false, null)]
    [DataRow("qwen3_training", false, null)]
    [DataRow("qwen3_instruct_2507", true, null)]
    public void ChatML_families_are_recognised_with_their_default_system_message(string family, bool assistantTurns, string? defaultSystem)
    {
        using var golden = Golden(family);
        var template = Recognize(golden.RootElement);
        Assert.AreEqual(defaultSystem, template.DefaultSystem);
        Assert.AreEqual(assistantTurns, template.AssistantTurns);
        Assert.AreEqual("<|im_end|>", template.EndOfTurn);
    }

    [TestMethod]
    public void Recognised_templates_render_as_transformers_does()
    {
        var compared = 0;
        foreach (var family in ChatML)
        {
            using var golden = Golden(family);
            var template = Recognize(golden.RootElement);
            foreach (var item in golden.RootElement.GetProperty("cases").EnumerateArray())
            {
                if (Plain(item) is not { } messages)
                {
                    continue;
                }

                var prompt = item.GetProperty("kwargs").TryGetProperty("add_generation_prompt", out var flag) && flag.GetBoolean();
                if (!template.AssistantTurns && messages is not ([{ Role: "user" }] or [{ Role: "system" }, { Role: "user" }]))
                {
                    Assert.ThrowsExactly<NotSupportedException>(() => template.Render(messages, prompt));
                    continue;
                }

                Assert.AreEqual(item.GetProperty("rendered").GetString(), template.Render(messages, prompt), $"{family} {item.GetProperty("name")}");
                compared++;
            }
        }

        Assert.IsGreaterThan(50, compared);
    }

    [TestMethod]
    public void Every_other_family_is_refused_with_file_and_remedy()
    {
        var refused = 0;
        foreach (var path in Directory.EnumerateFiles(SharedGoldens.Require("text/templates"), "*.json"))
        {
            var family = Path.GetFileNameWithoutExtension(path);
            if (ChatML.Contains(family))
            {
                continue;
            }

            using var golden = Golden(family);
            var error = Assert.ThrowsExactly<NotSupportedException>(() => Recognize(golden.RootElement), family);
            StringAssert.Contains(error.Message, "model/chat_template.jinja");
            StringAssert.Contains(error.Message, "PromptFormat.Raw");
            refused++;
        }

        Assert.IsGreaterThan(8, refused);
    }

    private static JsonDocument Golden(string family) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(SharedGoldens.Require("text/templates"), family + ".json")));

    private static ChatMLTemplate Recognize(JsonElement golden)
    {
        var tokens = golden.GetProperty("special_tokens").EnumerateObject().Where(t => t.Value.ValueKind == JsonValueKind.String).ToDictionary(t => t.Name, t => t.Value.GetString()!);
        return ChatMLRecognizer.Recognize(golden.GetProperty("template").GetString()!, tokens, "model/chat_template.jinja");
    }

    /// <summary>The messages of a case that asks for nothing but plain system, user and assistant texts.</summary>
    private static List<ChatMessage>? Plain(JsonElement item)
    {
        var plain = item.GetProperty("tools").ValueKind == JsonValueKind.Null
            && item.TryGetProperty("rendered", out _)
            && item.GetProperty("kwargs").EnumerateObject().All(k => k.Name == "add_generation_prompt");
        var messages = new List<ChatMessage>();
        foreach (var message in plain ? item.GetProperty("messages").EnumerateArray().ToArray() : [])
        {
            if (message.EnumerateObject().Any(p => p.Name is not ("role" or "content") || p.Value.ValueKind != JsonValueKind.String)
                || !message.TryGetProperty("content", out var content)
                || message.GetProperty("role").GetString() is not ("system" or "user" or "assistant"))
            {
                return null;
            }

            messages.Add(new(message.GetProperty("role").GetString()!, content.GetString()!));
        }

        return messages.Count == 0 ? null : messages;
    }
}
