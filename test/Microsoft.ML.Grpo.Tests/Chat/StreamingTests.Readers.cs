using Microsoft.Extensions.AI;

namespace Microsoft.ML.Grpo.Tests;

public partial class StreamingTests
{
    private const int Long = 60_000; // tokens: minutes of decoding, which no test that is right waits for

    [TestMethod]
    public async Task Cancelling_in_the_middle_stops_decoding_and_frees_the_policy()
    {
        using var generator = RecitingPolicy.Generator("abc", endless: true, context: Long, maxTokens: Long);
        using var policy = TransformerFixture.Transformer(new MLContext(seed: 1), generator);
        using var client = policy.AsIChatClient();
        using var stop = new CancellationTokenSource();
        var seen = 0;
        await Assert.ThrowsAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in client.GetStreamingResponseAsync("x", cancellationToken: stop.Token))
            {
                Assert.AreEqual("a", update.Text);
                seen++;
                await stop.CancelAsync();
            }
        });
        Assert.AreEqual(1, seen, "Nothing is shown after the cancellation.");
        Assert.IsLessThan(Long / 2, generator.TokensForwarded);

        using var stopWhole = new CancellationTokenSource();
        var whole = client.GetResponseAsync("x", cancellationToken: stopWhole.Token);
        await stopWhole.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => whole);
        Assert.AreEqual("abca", (await client.GetResponseAsync("x", new() { MaxOutputTokens = 4 })).Text);
        Assert.IsLessThan(Long, generator.TokensForwarded);
    }

    [TestMethod]
    public async Task A_reader_that_leaves_ends_its_turn()
    {
        using var generator = RecitingPolicy.Generator("abc", endless: true, context: Long, maxTokens: Long);
        using var policy = TransformerFixture.Transformer(new MLContext(seed: 1), generator);
        using var client = policy.AsIChatClient();
        await foreach (var _ in client.GetStreamingResponseAsync("x"))
        {
            break;
        }

        var forwarded = generator.TokensForwarded;
        Assert.IsLessThan(Long / 2, forwarded);
        Assert.AreEqual("a", (await client.GetResponseAsync("x", new() { MaxOutputTokens = 1 })).Text);
        Assert.IsLessThan(forwarded + 100, generator.TokensForwarded, "The first answer is no longer decoded.");
    }

    [TestMethod]
    public async Task A_reader_that_is_gone_without_a_word_keeps_the_policy_no_longer_than_its_answer()
    {
        using var policy = RecitingPolicy.Create("abc", endless: true);
        using var client = policy.AsIChatClient();
        var forgotten = client.GetStreamingResponseAsync("x").GetAsyncEnumerator();
        Assert.IsTrue(await forgotten.MoveNextAsync());
        Assert.AreEqual("ab", (await client.GetResponseAsync("x", new() { MaxOutputTokens = 2 })).Text);
        policy.Dispose();
        var rest = 1;
        while (await forgotten.MoveNextAsync())
        {
            rest++;
        }

        Assert.AreEqual(51, rest, "What was decoded can still be read: 50 tokens and the end.");
        await forgotten.DisposeAsync();
    }

    [TestMethod]
    public async Task A_reader_may_ask_again_while_it_reads()
    {
        using var policy = RecitingPolicy.Create("abc");
        using var client = policy.AsIChatClient();
        var text = "";
        await foreach (var update in client.GetStreamingResponseAsync("x"))
        {
            text += update.Text.Length > 0 ? $"{update.Text}({(await client.GetResponseAsync("y")).Text})" : "";
        }

        Assert.AreEqual("a(abc)b(abc)c(abc)", text);
    }

    [TestMethod]
    public async Task Nothing_is_decoded_before_somebody_reads_and_every_reader_has_an_answer_of_its_own()
    {
        using var generator = RecitingPolicy.Generator("abc");
        using var policy = TransformerFixture.Transformer(new MLContext(seed: 1), generator);
        using var client = policy.AsIChatClient();
        var stream = client.GetStreamingResponseAsync("x");
        await client.GetResponseAsync("x", new() { MaxOutputTokens = 1 });
        var one = generator.TokensForwarded;
        Assert.AreEqual("abc", (await stream.ToChatResponseAsync()).Text);
        Assert.AreEqual("abc", (await stream.ToChatResponseAsync()).Text);
        Assert.AreEqual(one + (2 * (one + 3)), generator.TokensForwarded);

        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in stream.WithCancellation(stopped.Token))
            {
                Assert.Fail(update.Text);
            }
        });
    }
}
