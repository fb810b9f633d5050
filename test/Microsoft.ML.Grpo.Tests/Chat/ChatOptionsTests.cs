using Microsoft.Extensions.AI;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class ChatOptionsTests
{
    private static readonly string[] Known =
    [
        "AdditionalProperties", "AllowBackgroundResponses", "AllowMultipleToolCalls", "ContinuationToken", "ConversationId", "FrequencyPenalty", "Instructions", "MaxOutputTokens", "ModelId",
        "PresencePenalty", "RawRepresentationFactory", "Reasoning", "ResponseFormat", "Seed", "StopSequences", "Temperature", "ToolMode", "Tools", "TopK", "TopP",
    ];

    [TestMethod]
    public void Every_option_that_there_is_is_honoured_or_refused() =>
        CollectionAssert.AreEqual(Known, typeof(ChatOptions).GetProperties().Select(property => property.Name).Order(StringComparer.Ordinal).ToArray(), "Add a rule to ChatOptionRules for what is new.");

    [TestMethod]
    public void What_is_null_is_as_the_policy_has_it_and_the_rest_as_asked_for()
    {
        using var generator = Generator();
        var defaults = Read(generator, null);
        Assert.AreEqual(
            (0.7, 5, 0.9, 0.1, 12, 77L, 0),
            (defaults.Sampling.Temperature, defaults.Sampling.TopK, defaults.Sampling.TopP, defaults.Sampling.MinP, defaults.Sampling.MaxTokens, defaults.Seed, defaults.StopSequences.Count));
        var asked = Read(generator, new() { Temperature = 0.5f, TopK = 3, TopP = 0.25f, MaxOutputTokens = 4, Seed = -1, StopSequences = ["\n", "x"], ModelId = "policy" });
        Assert.AreEqual(
            (0.5, 3, 0.25, 0.1, 4, -1L, "\n|x"),
            (asked.Sampling.Temperature, asked.Sampling.TopK, asked.Sampling.TopP, asked.Sampling.MinP, asked.Sampling.MaxTokens, asked.Seed, string.Join('|', asked.StopSequences)));
        Assert.IsTrue(Read(generator, new() { Temperature = 0, TopK = 3, Seed = 1 }).Sampling.Greedy);
    }

    [TestMethod]
    public void What_asks_for_nothing_is_no_reason_to_refuse()
    {
        using var generator = Generator();
        Assert.IsNotNull(Read(generator, new()
        {
            Tools = [], ToolMode = ChatToolMode.Auto, AllowMultipleToolCalls = true, ResponseFormat = ChatResponseFormat.Text, FrequencyPenalty = 0, PresencePenalty = 0,
            Reasoning = new(), AllowBackgroundResponses = false, AdditionalProperties = [], StopSequences = [], Instructions = "",
        }));
    }

    [TestMethod]
    public void What_the_policy_cannot_do_is_refused_all_at_once_with_the_remedies()
    {
        using var generator = Generator();
        var error = Assert.ThrowsExactly<NotSupportedException>(() => Read(generator, new()
        {
            Tools = [AIFunctionFactory.Create(() => 1, "one")],
            ToolMode = ChatToolMode.RequireAny,
            ResponseFormat = ChatResponseFormat.Json,
            FrequencyPenalty = 0.5f,
            PresencePenalty = -1,
            Reasoning = new() { Effort = ReasoningEffort.High },
            ModelId = "gpt",
            ConversationId = "1",
            AllowBackgroundResponses = true,
            ContinuationToken = ResponseContinuationToken.FromBytes(new byte[] { 1 }),
            RawRepresentationFactory = _ => new object(),
            AdditionalProperties = new() { ["min_p"] = 0.1, ["user"] = "me" },
        }));
        Assert.AreEqual(
            "The chat options ask for what the policy cannot do. "
            + "It calls no tools, and Tools has 1: set Tools = null. "
            + "ToolMode requires a call of a tool: set ToolMode = null. "
            + "ResponseFormat asks for JSON, and nothing here makes the policy keep to it: set ResponseFormat = null, ask for JSON in words and check what comes. "
            + "FrequencyPenalty is 0.5, and its sampler has no such penalty: set it to null, or raise Temperature. "
            + "PresencePenalty is -1, and its sampler has no such penalty: set it to null, or raise Temperature. "
            + "It has no switch for reasoning: set Reasoning = null. "
            + "ModelId is 'gpt', but the only model here is 'policy': set ModelId = null, or pass the name to AsIChatClient. "
            + "ConversationId is set, but no conversation is kept here: set it to null and send all messages each time. "
            + "There are no background responses: set AllowBackgroundResponses = null. "
            + "A response cannot be gone on with: set ContinuationToken = null. "
            + "There is no other form of the options beneath: set RawRepresentationFactory = null. "
            + "AdditionalProperties has names that mean nothing here (min_p, user): take them out.",
            error.Message);
    }

    [TestMethod]
    public void Numbers_out_of_range_are_refused_all_at_once()
    {
        using var generator = Generator();
        var error = Assert.ThrowsExactly<ArgumentException>(() => Read(generator, new() { Temperature = -1, TopP = 0, TopK = 0, MaxOutputTokens = 0, StopSequences = ["x", ""] }));
        StringAssert.StartsWith(
            error.Message,
            "The chat options are not valid. "
            + "Temperature is -1: set it to 0, which is greedy, or 0.0001 or more, or to null for the policy's own. "
            + "TopP is 0: set it to above 0, at most 1, or to null for the policy's own. "
            + "TopK is 0: set it to 1 or more, or to null for the policy's own. "
            + "MaxOutputTokens is 0: set it to 1 or more, or to null for the policy's own. "
            + "StopSequences has an empty text: leave it out.");
        Assert.ThrowsExactly<ArgumentException>(() => Read(generator, new() { Temperature = float.NaN }));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => Read(generator, new() { Temperature = 1e-30f })).Message, "Temperature is 1E-30: set it to 0, which is greedy, or 0.0001 or more");
        Assert.AreEqual(1e-4, Read(generator, new() { Temperature = 1e-4f }).Sampling.Temperature, 1e-9);
        Assert.ThrowsExactly<ArgumentException>(() => Read(generator, new() { Temperature = float.PositiveInfinity }));
        Assert.ThrowsExactly<ArgumentException>(() => Read(generator, new() { TopP = float.NaN }));
    }

    [TestMethod]
    public async Task A_request_that_is_refused_says_so_at_once_even_if_it_is_to_be_streamed()
    {
        using var policy = RecitingPolicy.Create("a");
        using var client = policy.AsIChatClient();
        var options = new ChatOptions { PresencePenalty = 1 };
        Assert.ThrowsExactly<NotSupportedException>(() => client.GetStreamingResponseAsync("x", options));
        await Assert.ThrowsExactlyAsync<NotSupportedException>(() => client.GetResponseAsync("x", options));
    }

    private static ChatRequest Read(PolicyTextGenerator generator, ChatOptions? options) =>
        ChatRequest.Read(generator, "policy", [new(ChatRole.User, "Hi")], options);

    private static PolicyTextGenerator Generator() => new(
        TinyPolicy.Create(),
        new() { Temperature = 0.7, TopK = 5, TopP = 0.9, MinP = 0.1, MaxCompletionTokens = 12, BatchSize = 1, Seed = 77, Precision = Precision.Float64, PromptFormat = PromptFormat.Raw });
}
