using Microsoft.Extensions.AI;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Both directions at once: a policy of ours behind <see cref="IChatClient"/> judges completions.</summary>
[TestClass]
public class OwnPolicyAsJudgeTests
{
    [TestMethod]
    public async Task A_policy_of_ours_may_be_the_judge()
    {
        var ml = new MLContext(seed: 1);
        using var policy = ml.Transforms.LoadGrpoPolicy(new() { ModelPath = Path.Combine(Repository.Root, "docs", "samples", "TinyAdder"), MaxCompletionTokens = 6 });
        using var judge = policy.AsIChatClient();
        var reward = Reward.FromChatClient(judge, "{Completion}+{Answer}=", parse: JudgeScore.Between(0, 1000), maxConcurrency: 3);
        RewardSample[] batch = [.. from left in new[] { 21, 37, 64 } from right in new[] { 10, 48 } select Samples.One($"{left}", (float)right)];
        var sums = policy.Transform(ml.Data.LoadFromEnumerable(batch.Select(s => new Question { Prompt = $"{s.Completion}+{s.Columns["Answer"]}=" }))).Texts();
        var scores = await reward.ScoreAsync(batch, default);
        CollectionAssert.AreEqual(sums, scores.Select(score => $"{score}").ToList());
        Assert.IsGreaterThan(3, sums.Distinct().Count());
    }

    [TestMethod]
    public async Task A_policy_with_a_chat_template_may_be_the_judge_and_one_that_gives_no_score_is_counted_as_such()
    {
        using IChatClient sure = RecitingPolicy.Create("Score: 7").AsIChatClient(), unsure = RecitingPolicy.Create("Hm.").AsIChatClient();
        foreach (var (judge, score) in new (IChatClient, double?)[] { (sure, 7), (unsure, null) })
        {
            var scores = await Reward.FromChatClient(judge, "Rate {Completion}.", "You are strict.").ScoreAsync(Samples.Groups(2, 4), default);
            Assert.IsTrue(scores.Count == 8 && scores.All(s => s == score));
            judge.GetService<GrpoTransformer>()!.Dispose();
        }
    }
}
