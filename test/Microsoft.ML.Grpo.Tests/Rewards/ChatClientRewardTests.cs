using Microsoft.Extensions.AI;
using AI = Microsoft.Extensions.AI;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public partial class ChatClientRewardTests
{
    private static readonly RewardSample[] Eight = Samples.Groups(groups: 2, groupSize: 4);

    [TestMethod]
    public async Task The_judge_is_asked_in_words_and_its_scores_stand_in_the_order_of_the_completions()
    {
        var asked = new List<(string Text, string Options)>();
        using var judge = new FakeJudge((messages, options, _) =>
        {
            lock (asked)
            {
                asked.Add((string.Join(" | ", messages.Select(m => $"{m.Role}: {m.Text}")), $"{options?.Temperature}"));
            }

            return Task.FromResult($"Score: {messages[^1].Text[^1]}");
        });
        var reward = Reward.FromChatClient(judge, "{Prompt} -> {Completion}", "Be {fair}.", options: new() { Temperature = 0 });
        CollectionAssert.AreEqual(new double?[] { 0, 1, 2, 3, 0, 1, 2, 3 }, (await reward.ScoreAsync(Eight, default)).ToArray());
        CollectionAssert.AreEquivalent(
            Eight.Select(s => ($"system: Be {{fair}}. | user: prompt -> {s.Completion}", "0")).ToArray(), asked);
        Assert.AreEqual(("judge", 1.0, 0), (reward.Name, reward.Weight, reward.Columns.Count));
        Assert.IsFalse(judge.IsDisposed);
    }

    [TestMethod]
    public void Name_weight_columns_and_arguments_are_checked_at_once()
    {
        using var judge = new FakeJudge(_ => "1");
        var reward = Reward.FromChatClient(judge, "{Completion} {Answer} {Hint} {Answer}", weight: -0.5, name: "tone");
        Assert.AreEqual(("tone", -0.5, "Answer Hint"), (reward.Name, reward.Weight, string.Join(' ', reward.Columns)));
        Assert.ThrowsExactly<ArgumentNullException>(() => Reward.FromChatClient(null!, "{Completion}"));
        Assert.ThrowsExactly<ArgumentException>(() => Reward.FromChatClient(judge, "{Prompt}"));
        Assert.ThrowsExactly<ArgumentException>(() => Reward.FromChatClient(judge, "{Completion}", name: " "));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Reward.FromChatClient(judge, "{Completion}", maxConcurrency: 0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Reward.FromChatClient(judge, "{Completion}", weight: double.NaN));
    }

    [TestMethod]
    public void A_placeholder_that_is_no_column_is_refused_before_anything_runs()
    {
        using var judge = new FakeJudge(_ => "1");
        var data = new MLContext().Data.LoadFromEnumerable([new { Prompt = "p", Answer = "42" }]);
        Assert.HasCount(1, RewardColumns.Find(data.Schema, [Reward.FromChatClient(judge, "{Prompt} {Completion} {Answer}")]));
        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => RewardColumns.Find(data.Schema, [Reward.FromChatClient(judge, "{Completion} {Anser}")]));
        StringAssert.Contains(error.Message, "The data has no column 'Anser', which reward 'judge' reads. It has: Prompt, Answer.");
    }

    [TestMethod]
    public async Task An_answer_without_a_score_and_a_row_without_a_value_are_unscored()
    {
        var asked = 0;
        using var judge = new FakeJudge((messages, _, _) =>
        {
            Interlocked.Increment(ref asked);
            return Task.FromResult(messages[^1].Text.Contains("bad", StringComparison.Ordinal) ? "I cannot say." : "5");
        });
        var reward = Reward.FromChatClient(judge, "{Completion} {Answer}");
        RewardSample[] batch = [Samples.One("good", 1f), Samples.One("bad", 1f), Samples.One("good", float.NaN), Samples.One("good", 2f)];
        CollectionAssert.AreEqual(new double?[] { 5, null, null, 5 }, (await reward.ScoreAsync(batch, default)).ToArray());
        Assert.AreEqual(3, asked);
        var table = await new RewardScorer([reward]).ScoreAsync(batch, 4, default);
        Assert.AreEqual(0.5, RewardMetrics.Compute(table.Scores, table.Names, Advantages.Compute(table.Scores, [1], 4, ScaleRewards.Group))["rewards/judge/unscored"]);
    }

    [TestMethod]
    public async Task An_answer_that_was_cut_off_is_unscored_whatever_number_is_in_it()
    {
        using var judge = new FakeJudge(text => text[^1..])
        {
            Reason = answer => answer switch { "0" => ChatFinishReason.Length, "1" => ChatFinishReason.ContentFilter, "2" => ChatFinishReason.Stop, _ => null },
        };
        CollectionAssert.AreEqual(new double?[] { null, null, 2, 3, null, null, 2, 3 }, (await Reward.FromChatClient(judge, "{Completion}").ScoreAsync(Eight, default)).ToArray());
    }

    [TestMethod]
    public async Task A_parser_of_ones_own_reads_the_score()
    {
        using var judge = new FakeJudge(text => text.EndsWith('3') ? "BAD" : text.EndsWith('2') ? "?" : "GOOD");
        var reward = Reward.FromChatClient(judge, "{Completion}", parse: answer => answer switch { "GOOD" => 100, "BAD" => -100, _ => null });
        CollectionAssert.AreEqual(new double?[] { 100, 100, null, -100, 100, 100, null, -100 }, (await reward.ScoreAsync(Eight, default)).ToArray());
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    [DataRow(8)]
    public async Task As_many_are_asked_at_a_time_as_was_said_and_never_more(int most)
    {
        var (running, peak) = (0, 0);
        using var gate = new SemaphoreSlim(0);
        var full = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var judge = new FakeJudge(async (_, _, stop) =>
        {
            var now = Interlocked.Increment(ref running);
            lock (gate)
            {
                peak = Math.Max(peak, now);
            }

            if (now == most)
            {
                full.TrySetResult();
            }

            await gate.WaitAsync(stop);
            Interlocked.Decrement(ref running);
            return "1";
        });
        var scoring = Reward.FromChatClient(judge, "{Completion}", maxConcurrency: most).ScoreAsync(Eight, default).AsTask();
        await full.Task.WaitAsync(TimeSpan.FromSeconds(60)); // Would never come if fewer were asked.
        Assert.IsFalse(scoring.IsCompleted);
        gate.Release(Eight.Length);
        Assert.HasCount(8, await scoring);
        Assert.AreEqual(most, peak);
    }

    [TestMethod]
    public async Task No_two_requests_share_their_options_and_the_callers_own_stay_as_they_were()
    {
        var seen = new HashSet<ChatOptions>(ReferenceEqualityComparer.Instance);
        var options = new ChatOptions { MaxOutputTokens = 5 };
        using var judge = new FakeJudge((_, given, _) =>
        {
            lock (seen)
            {
                Assert.IsTrue(seen.Add(given!));
            }

            Assert.AreEqual(5, given!.MaxOutputTokens);
            given.MaxOutputTokens = 6;
            return Task.FromResult("1");
        });
        var reward = Reward.FromChatClient(judge, "{Completion}", options: options);
        options.MaxOutputTokens = 7;
        await reward.ScoreAsync(Eight, default);
        Assert.HasCount(8, seen);
        Assert.AreEqual(7, options.MaxOutputTokens);
    }

    [TestMethod]
    public void A_run_learns_from_a_judge_and_says_how_many_completions_it_could_not_judge()
    {
        var ml = new MLContext(seed: 1);
        var log = new CollectingLogger();
        using var judge = new FakeJudge(text => text.StartsWith('1') ? "no idea" : "9");
        var rows = ml.Data.LoadFromEnumerable([new { Prompt = "37+48=", Answer = "85" }, new { Prompt = "10+11=", Answer = "21" }]);
        using var policy = ml.Transforms.TrainGrpo(new GrpoOptions
        {
            ModelPath = Path.Combine(Repository.Root, "docs", "samples", "TinyAdder"),
            Rewards = { Reward.FromChatClient(judge, "{Prompt}{Completion} ({Answer})") },
            PromptsPerRollout = 2, GroupSize = 4, Steps = 1, MaxCompletionTokens = 4, Logger = log,
        }).Fit(rows);
        var step = policy.Training!.Steps[0];
        Assert.AreEqual((0.5, 9.0), (step["rewards/judge/unscored"], step["rewards/judge/mean"]));
        Assert.IsTrue(log.Lines.Any(line => line.StartsWith("Warning: No reward could judge 4 of the 8 completions of a rollout (prompts of the data's rows 1)", StringComparison.Ordinal)), string.Join('\n', log.Lines));
    }
}
