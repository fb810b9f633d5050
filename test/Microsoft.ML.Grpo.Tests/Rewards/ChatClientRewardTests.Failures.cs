namespace Microsoft.ML.Grpo.Tests;

public partial class ChatClientRewardTests
{
    [TestMethod]
    public async Task A_judge_that_fails_ends_the_batch_at_once_and_the_error_names_the_completion_and_who_retries()
    {
        var (called, cancelled) = (0, 0);
        var another = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var judge = new FakeJudge(async (messages, _, stop) =>
        {
            Interlocked.Increment(ref called);
            if (messages[^1].Text == "r0g1")
            {
                await another.Task;
                throw new HttpRequestException("503 (Service Unavailable).");
            }

            another.TrySetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, stop);
            }
            catch (OperationCanceledException)
            {
                Interlocked.Increment(ref cancelled);
                throw;
            }

            return "1";
        });
        var reward = Reward.FromChatClient(judge, "{Completion}", maxConcurrency: 2);
        var error = await Assert.ThrowsExactlyAsync<RewardException>(async () => await reward.ScoreAsync(Eight, default));
        Assert.AreEqual(
            "The judge of the reward 'judge' failed at row 0, generation 1 (both counted from 0) with HttpRequestException: 503 (Service Unavailable). "
            + "Nothing is asked twice here: put retries and time-outs into the client's own pipeline (its SDK's retry policy, or Microsoft.Extensions.Http.Resilience).",
            error.Message);
        Assert.AreEqual(("judge", 0L, 1), (error.RewardName, error.Row, error.Generation));
        Assert.IsInstanceOfType<HttpRequestException>(error.InnerException);
        Assert.AreEqual((2, 1), (called, cancelled), "The rest is not asked for.");
    }

    [TestMethod]
    public async Task A_time_out_of_the_client_is_a_failure_and_no_cancellation()
    {
        using var judge = new FakeJudge((_, _, _) => throw new TaskCanceledException("The request timed out."));
        var error = await Assert.ThrowsExactlyAsync<RewardException>(async () => await Reward.FromChatClient(judge, "{Completion}").ScoreAsync(Eight, default));
        StringAssert.Contains(error.Message, "TaskCanceledException");
    }

    [TestMethod]
    public async Task A_parser_that_fails_is_named_as_one()
    {
        using var judge = new FakeJudge(_ => "x");
        var reward = Reward.FromChatClient(judge, "{Completion}", parse: answer => double.Parse(answer, System.Globalization.CultureInfo.InvariantCulture));
        var error = await Assert.ThrowsExactlyAsync<RewardException>(async () => await reward.ScoreAsync(Eight, default));
        StringAssert.Contains(error.Message, "threw FormatException");
        StringAssert.Contains(error.Message, "Return null for completions that this reward cannot judge");
    }

    [TestMethod]
    public async Task Cancelling_ends_the_wait_for_the_judge()
    {
        using var stop = new CancellationTokenSource();
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var judge = new FakeJudge(async (_, _, token) =>
        {
            waiting.TrySetResult();
            await Task.Delay(Timeout.Infinite, token);
            return "1";
        });
        var scoring = new RewardScorer([Reward.FromChatClient(judge, "{Completion}")]).ScoreAsync(Eight, 4, stop.Token).AsTask();
        await waiting.Task;
        await stop.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => scoring);
    }
}
