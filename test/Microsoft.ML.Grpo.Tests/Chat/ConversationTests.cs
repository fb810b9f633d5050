using Microsoft.Extensions.AI;
using AI = Microsoft.Extensions.AI;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class ConversationTests
{
    private static readonly AI.ChatMessage System = new(ChatRole.System, "Be brief."), Hi = new(ChatRole.User, "Hi"), Hello = new(ChatRole.Assistant, "Hello."), Bye = new(ChatRole.User, "Bye");

    [TestMethod]
    public void Messages_go_through_the_chat_template_and_the_assistants_turn_is_open()
    {
        using var generator = RecitingPolicy.Generator("a");
        Assert.AreEqual(
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello.<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n",
            Prompt(generator, [System, Hi, Hello, Bye]));
    }

    [TestMethod]
    public void Texts_of_a_message_are_one()
    {
        using var generator = RecitingPolicy.Generator("a");
        Assert.AreEqual(Prompt(generator, [new(ChatRole.User, "One, two.")]), Prompt(generator, [new(ChatRole.User, [new TextContent("One, "), new TextContent("two.")])]));
    }

    [TestMethod]
    public void What_the_caller_says_as_the_system_takes_the_place_of_the_policys_own()
    {
        using var generator = RecitingPolicy.Generator("a", systemPrompt: "Own.");
        const string User = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n";
        Assert.AreEqual($"<|im_start|>system\nOwn.<|im_end|>\n{User}", Prompt(generator, [Hi]));
        Assert.AreEqual($"<|im_start|>system\nBe brief.<|im_end|>\n{User}", Prompt(generator, [System, Hi]));
        Assert.AreEqual($"<|im_start|>system\nIn verse.<|im_end|>\n{User}", Prompt(generator, [Hi], new() { Instructions = "In verse." }));
        Assert.AreEqual($"<|im_start|>system\nIn verse.<|im_end|>\n<|im_start|>system\nBe brief.<|im_end|>\n{User}", Prompt(generator, [System, Hi], new() { Instructions = "In verse." }));
    }

    [TestMethod]
    public void What_the_policy_cannot_read_is_refused_with_its_place()
    {
        using var generator = RecitingPolicy.Generator("a");
        var image = Refused<NotSupportedException>(generator, [Hi, Hello, new(ChatRole.User, [new TextContent("See"), new DataContent(new byte[] { 1 }, "image/png")])]);
        Assert.AreEqual("Message 2 (counted from 0) holds DataContent, but the policy reads nothing but text. Take it out, or say it in words.", image);
        StringAssert.Contains(Refused<NotSupportedException>(generator, [new(ChatRole.Tool, [new FunctionResultContent("1", "2")]), Hi]), "FunctionResultContent");
        Assert.AreEqual(
            "Message 1 (counted from 0) has the role 'tool', but chat templates are known for system, user and assistant. Give it one of those, or leave it out.",
            Refused<NotSupportedException>(generator, [Hi, new(ChatRole.Tool, "2"), Hi]));
        StringAssert.StartsWith(Refused<NotSupportedException>(generator, [new(new("developer"), "x"), Hi]), "Message 0 (counted from 0) has the role 'developer'");
    }

    [TestMethod]
    public void A_conversation_that_nobody_is_to_answer_is_refused()
    {
        using var generator = RecitingPolicy.Generator("a");
        StringAssert.Contains(Refused<ArgumentException>(generator, []), "Send at least one message of the user.");
        StringAssert.Contains(Refused<ArgumentException>(generator, [Hi, Hello]), "ends with a message of the role 'assistant'");
        StringAssert.Contains(Refused<ArgumentException>(generator, [System]), "ends with a message of the role 'system'");
        StringAssert.Contains(Refused<ArgumentException>(generator, [Hi, Hello, new(ChatRole.User, " \n")]), "Message 2 (counted from 0), the user's, is empty.");
        StringAssert.Contains(Refused<ArgumentException>(generator, [null!]), "Message 0 (counted from 0) is null.");
        Assert.ThrowsExactly<ArgumentNullException>(() => Read(generator, null!));
    }

    [TestMethod]
    public void A_template_that_treats_earlier_turns_in_its_own_way_takes_a_prompt_and_no_more()
    {
        using var generator = RecitingPolicy.Generator("a", template: RecitingPolicy.ForgetfulChatML);
        Assert.AreEqual("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", Prompt(generator, [System, Hi]));
        StringAssert.Contains(Refused<NotSupportedException>(generator, [Hi, Hello, Bye]), "a conversation of user, assistant, user is not known here. Send one message of the user");
        StringAssert.Contains(Refused<NotSupportedException>(generator, [Hi, Bye]), "a conversation of user, user");
    }

    [TestMethod]
    public void A_policy_without_a_template_takes_one_message_as_raw_text()
    {
        using var generator = RecitingPolicy.Generator("a", format: PromptFormat.Raw);
        Assert.AreEqual("Hi", Prompt(generator, [Hi]));
        foreach (var messages in new AI.ChatMessage[][] { [System, Hi], [Hi, Hello, Bye], [Hi, Bye] })
        {
            StringAssert.Contains(Refused<NotSupportedException>(generator, messages), "Send one user message with the whole text");
        }

        Assert.ThrowsExactly<NotSupportedException>(() => Read(generator, [Hi], new() { Instructions = "In verse." }));
    }

    [TestMethod]
    public void A_conversation_as_long_as_the_context_is_refused_and_one_token_less_is_answered()
    {
        using var generator = RecitingPolicy.Generator("a", context: 60);
        var around = Read(generator, [Hi]).Prompt.Count - 2;
        Assert.HasCount(59, Read(generator, [new(ChatRole.User, new string('x', 59 - around))]).Prompt);
        StringAssert.StartsWith(
            Refused<ArgumentException>(generator, [new(ChatRole.User, new string('x', 60 - around))]),
            "The conversation has 60 tokens, but the model's context is 60 tokens in all, the answer included. Leave earlier messages out, or shorten them.");
    }

    private static ChatRequest Read(PolicyTextGenerator generator, IEnumerable<AI.ChatMessage> messages, ChatOptions? options = null) =>
        ChatRequest.Read(generator, "policy", messages, options);

    private static string Prompt(PolicyTextGenerator generator, IEnumerable<AI.ChatMessage> messages, ChatOptions? options = null) =>
        generator.Policy.Tokenizer.Decode(Read(generator, messages, options).Prompt, skipSpecial: false);

    private static string Refused<T>(PolicyTextGenerator generator, IEnumerable<AI.ChatMessage> messages)
        where T : Exception => Assert.ThrowsExactly<T>(() => Read(generator, messages)).Message;
}
