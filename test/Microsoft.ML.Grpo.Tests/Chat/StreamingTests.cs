using Microsoft.Extensions.AI;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public partial class StreamingTests
{
    [TestMethod]
    public async Task Tokens_are_shown_one_by_one_in_whole_characters_and_the_end_tells_why_and_how_many()
    {
        using var policy = RecitingPolicy.Create("aé😀b");
        using var client = policy.AsIChatClient("mine");
        var updates = await client.GetStreamingResponseAsync("x").ToListAsync();
        CollectionAssert.AreEqual(new[] { "a", "é", "😀", "b", "" }, updates.ConvertAll(update => update.Text));
        Assert.IsTrue(updates.All(update => update.ModelId == "mine" && update.Role == ChatRole.Assistant && update.ResponseId == updates[0].ResponseId && update.MessageId is not null));
        Assert.IsTrue(updates[..^1].All(update => update.FinishReason is null));

        var response = updates.ToChatResponse();
        var whole = await client.GetResponseAsync("x");
        Assert.AreEqual((whole.Text, whole.FinishReason, whole.ModelId), (response.Text, response.FinishReason, response.ModelId));
        Assert.AreEqual((9L, whole.Usage!.InputTokenCount), (response.Usage!.OutputTokenCount, response.Usage.InputTokenCount));
        Assert.HasCount(1, response.Messages);
    }

    [TestMethod]
    public async Task Updates_put_together_are_the_answer_at_any_temperature_and_seed()
    {
        using var folder = new TemporaryFolder();
        using var policy = new MLContext(seed: 1).Transforms.LoadGrpoPolicy(new() { ModelPath = TinyModel.Write(folder.Path), MaxCompletionTokens = 60 });
        using var client = policy.AsIChatClient();
        var (texts, stopped) = (new List<string>(), 0);
        for (var seed = 0; seed < 12; seed++)
        {
            var options = new ChatOptions { Temperature = seed % 4 / 2f, TopP = seed % 3 == 0 ? 0.95f : null, Seed = seed, StopSequences = seed % 2 == 0 ? ["\u0001", "z", "#"] : null };
            var whole = await client.GetResponseAsync("xy", options);
            var streamed = await client.GetStreamingResponseAsync("xy", options).ToChatResponseAsync();
            Assert.AreEqual((whole.Text, whole.FinishReason, whole.Usage!.OutputTokenCount), (streamed.Text, streamed.FinishReason, streamed.Usage!.OutputTokenCount));
            texts.Add(whole.Text);
        }

        Assert.IsGreaterThan(6, texts.Distinct().Count(), "The answers should differ, or little is tested.");
    }

    [TestMethod]
    [DataRow(new[] { "cde" }, "ab", "a b", 5, DisplayName = "over three tokens")]
    [DataRow(new[] { "cdX", "ef" }, "abcd", "a b cd", 6, DisplayName = "after what only looked like one")]
    [DataRow(new[] { "a" }, "", "", 1, DisplayName = "at once")]
    [DataRow(new[] { "bcde", "cd" }, "ab", "a b", 4, DisplayName = "the one that is complete first")]
    [DataRow(new[] { "é" }, "abcdef", "a b c d e f", 8, DisplayName = "within a character of several tokens")]
    public async Task A_stop_sequence_ends_the_answer_and_not_even_its_beginning_is_shown(string[] stops, string text, string pieces, int tokens)
    {
        using var policy = RecitingPolicy.Create("abcdefégh", endless: true);
        using var client = policy.AsIChatClient();
        var options = new ChatOptions { StopSequences = stops };
        var updates = await client.GetStreamingResponseAsync("x", options).ToListAsync();
        var response = updates.ToChatResponse();
        Assert.AreEqual(pieces, string.Join(' ', updates.Select(update => update.Text).Where(piece => piece.Length > 0)));
        Assert.AreEqual((text, ChatFinishReason.Stop), (response.Text, response.FinishReason));
        Assert.AreEqual(text, (await client.GetResponseAsync("x", options)).Text);
        Assert.AreEqual(tokens, response.Usage!.OutputTokenCount, "Decoding ends with the stop sequence.");
    }

    [TestMethod]
    public async Task What_was_held_back_is_shown_when_the_answer_ends_without_becoming_a_stop_sequence()
    {
        using var policy = RecitingPolicy.Create("abcd");
        using var client = policy.AsIChatClient();
        var updates = await client.GetStreamingResponseAsync("x", new() { StopSequences = ["cdX"] }).ToListAsync();
        CollectionAssert.AreEqual(new[] { "a", "b", "cd", "" }, updates.ConvertAll(update => update.Text));
        var half = await client.GetResponseAsync("x", new() { StopSequences = ["bcdX"], MaxOutputTokens = 2 });
        Assert.AreEqual(("ab", ChatFinishReason.Length), (half.Text, half.FinishReason));
    }

    [TestMethod]
    public async Task A_stop_token_is_no_part_of_the_text_even_if_it_is_not_special()
    {
        using var policy = RecitingPolicy.Create("ab", stopId: '!');
        using var client = policy.AsIChatClient();
        Assert.AreEqual("ab", (await client.GetResponseAsync("x")).Text);
    }

    [TestMethod]
    public async Task What_goes_wrong_while_decoding_reaches_the_reader_and_frees_the_policy()
    {
        using var generator = RecitingPolicy.Generator("abc");
        using var policy = TransformerFixture.Transformer(new MLContext(seed: 1), generator);
        using var client = policy.AsIChatClient();
        var weights = generator.Policy.Network.Parameters["model.norm.weight"];
        using (TorchSharp.torch.no_grad())
        {
            weights.fill_(Scalars.Of(double.NaN));
        }

        await Assert.ThrowsExactlyAsync<NotFiniteNumberException>(() => client.GetStreamingResponseAsync("x").ToChatResponseAsync());
        await Assert.ThrowsExactlyAsync<NotFiniteNumberException>(() => client.GetResponseAsync("x"));
        using (TorchSharp.torch.no_grad())
        {
            weights.fill_(Scalars.Of(1));
        }

        Assert.AreEqual("abc", (await client.GetResponseAsync("x")).Text);
    }
}
