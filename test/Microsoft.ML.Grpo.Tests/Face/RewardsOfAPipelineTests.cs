namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class RewardsOfAPipelineTests : FaceTests
{
    [TestMethod]
    public void A_reward_sees_the_row_that_its_prompt_came_from_and_transform_needs_no_such_column()
    {
        var seen = new List<RewardSample>();
        using var policy = Fit(o =>
        {
            o.Rewards.Clear();
            o.Rewards.Add(Reward.FromBatchFunction("seen", batch =>
            {
                seen.AddRange(batch);
                return [.. batch.Select((_, i) => (double?)i)];
            }, 1, "Number", "Vector"));
        });
        Assert.HasCount(2 * 4 * 2, seen);
        Assert.IsTrue(seen.All(sample => sample.Prompt == Question.Text((int)sample.Row) && (float)sample.Columns["Number"]! == sample.Row && ((float[])sample.Columns["Vector"]!)[1] == -sample.Row));
        var bare = Ml.Data.LoadFromEnumerable([new Bare { Prompt = "q1" }]);
        CollectionAssert.AreEqual(policy.Transform(Question.View(Ml, 2)).Texts()[1..], policy.Transform(bare).Texts());
    }

    [TestMethod]
    public void A_missing_column_is_a_schema_error_in_both_doors_before_the_model_is_read()
    {
        var options = TinyModel.Options(Folder["absent"]);
        options.Rewards.Add(Reward.ExactMatch("Answer"));
        var estimator = Ml.Transforms.TrainGrpo(options);
        var data = Question.View(Ml, 8);
        foreach (var (what, door) in new (string, Action)[] { ("data", () => estimator.GetOutputSchema(MLNetInternals.ShapeOf(data.Schema))), ("training data", () => estimator.Fit(data)) })
        {
            var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(door);
            Assert.AreEqual("inputSchema", error.ParamName);
            StringAssert.StartsWith(error.Message, $"The {what} has no column 'Answer', which reward 'exact_match' reads. It has: Prompt, Number, Vector.");
        }
    }

    private sealed class Bare
    {
        public string Prompt { get; set; } = "";
    }
}
