using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>How rows are packed into micro-batches is a matter of memory alone.</summary>
[TestClass]
public class MicroBatchInvarianceTests
{
    private static readonly Dictionary<string, Action<GrpoOptions>> Runs = new()
    {
        ["dapo"] = _ => { },
        ["grpo"] = o => o.Loss.Type = LossType.Grpo,
        ["dapo, cut completions masked"] = o => (o.Loss.MaskTruncatedCompletions, o.MaxCompletionTokens) = (true, 5),
        ["grpo, cut completions masked"] = o => (o.Loss.Type, o.Loss.MaskTruncatedCompletions, o.MaxCompletionTokens) = (LossType.Grpo, true, 5),
        ["dapo, 2 steps a rollout"] = o => (o.StepsPerRollout, o.Steps) = (2, 4),
        ["grpo, 4 steps a rollout, KL"] = o => (o.Loss.Type, o.StepsPerRollout, o.Steps, o.Loss.Beta) = (LossType.Grpo, 4, 5, 0.1),
        ["dapo, 2 rollouts a step"] = o => o.RolloutsPerStep = 2,
        ["grpo, 2 rollouts a step, masked"] = o => (o.Loss.Type, o.RolloutsPerStep, o.Loss.MaskTruncatedCompletions) = (LossType.Grpo, 2, true),
        ["dapo, 2 iterations, KL"] = o => (o.IterationsPerRollout, o.Steps, o.Loss.Beta) = (2, 4, 0.05),
        ["dapo, updates that straddle rollouts"] = o => o.AdvancedSchedule = new(3, 2, 1),
        ["grpo, a rollout twice in an update"] = o => (o.Loss.Type, o.AdvancedSchedule) = (LossType.Grpo, new(4, 2, 2)),
        ["dapo, short last windows of epochs"] = o => (o.Epochs, o.AdvancedSchedule) = (2, new(3, 2, 1)),
        ["vespo, bounds that leave out the ratio of padding"] = o =>
            (o.Loss.Type, o.ImportanceSampling.Mode, o.ImportanceSampling.MinRatio, o.ImportanceSampling.MaxRatio, o.AdvancedSchedule) = (LossType.Vespo, CorrectionMode.TokenTruncate, 0.1, 0.97, new(4, 2, 2)),
        ["dapo, temperature and top-k"] = o => (o.Sampling.Temperature, o.Sampling.TopK) = (0.7, 50),
    };

    public static IEnumerable<object[]> Names => Runs.Keys.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Weights_do_not_depend_on_the_token_budget(string name)
    {
        using var start = new TinyRun();
        var whole = Weights(name, 100_000, ScalarType.Float64);
        Assert.IsTrue(TinyPolicy.Distance(start.Weights, whole) > 1e-4, "The run should change the weights.");
        foreach (var budget in new[] { 1, 61 })
        {
            var distance = TinyPolicy.Distance(whole, Weights(name, budget, ScalarType.Float64));
            Assert.IsTrue(distance <= 1e-10, $"{name}, budget {budget}: {distance}");
        }

        var single = TinyPolicy.Distance(Weights(name, 100_000, ScalarType.Float32), Weights(name, 61, ScalarType.Float32));
        Assert.IsTrue(single <= 1e-6, $"{name}, float32: {single}");
    }

    [TestMethod]
    public void Every_row_is_in_one_micro_batch_and_none_is_over_its_budget_unless_alone()
    {
        int[] lengths = [3, 9, 1, 30, 9, 4, 4, 12];
        foreach (var budget in Enumerable.Range(1, 80))
        {
            var batches = MicroBatches.Split(Enumerable.Range(0, lengths.Length), i => lengths[i], budget).ToArray();
            CollectionAssert.AreEquivalent(Enumerable.Range(0, lengths.Length).ToArray(), batches.SelectMany(b => b).ToArray());
            Assert.IsTrue(batches.All(b => b.Count == 1 || b.Count * b.Max(i => lengths[i]) <= budget), $"budget {budget}");
        }

        Assert.AreEqual(1, MicroBatches.Split(Enumerable.Range(0, lengths.Length), i => lengths[i], 8 * 30).Count());
    }

    private static double[] Weights(string name, int budget, ScalarType dtype) => TinyRun.WeightsAfter(
        o =>
        {
            Runs[name](o);
            o.Execution.MicroBatchTokens = budget;
        },
        dtype);
}
