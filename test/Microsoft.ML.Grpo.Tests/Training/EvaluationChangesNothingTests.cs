namespace Microsoft.ML.Grpo.Tests;

/// <summary>A run that is evaluated before, between and after its steps is, to the bit, the run that is not.</summary>
[TestClass]
public class EvaluationChangesNothingTests
{
    private static readonly Dictionary<string, Action<GrpoOptions>> Runs = new()
    {
        ["in process"] = o => o.StepsPerRollout = 2,
        ["rounded engine"] = o => (o.RolloutEngine, o.AdvancedSchedule) = (new RoundedRolloutEngine(), new(4, 2, 2)),
        ["rounded engine, dynamic sampling, not aligned"] = o => (o.RolloutEngine, o.StepsPerRollout, o.MinInformativeGroups) = (new RoundedRolloutEngine(RoundedWeights.BFloat16), 2, 3),
        ["all weights, reference that follows"] = o => (o.Lora, o.IterationsPerRollout, o.Reference.SyncEverySteps, o.RolloutEngine) = (null, 2, 1, new RoundedRolloutEngine()),
    };

    public static IEnumerable<object[]> Names => Runs.Keys.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Weights_gradients_and_metrics_are_equal_to_the_bit(string name)
    {
        var (steps, weights, gradients) = Train(name, evaluate: false);
        var (evaluated, evaluatedWeights, evaluatedGradients) = Train(name, evaluate: true);
        CollectionAssert.AreEqual(weights, evaluatedWeights);
        CollectionAssert.AreEqual(gradients, evaluatedGradients);
        for (var step = 0; step < steps.Count; step++)
        {
            Assert.IsTrue(evaluated[step].ContainsKey("eval_loss") && evaluated[step].ContainsKey("eval_greedy_reward") && evaluated[step].ContainsKey("eval_drift"));
            Assert.AreEqual(Text(steps[step]), Text(evaluated[step]), $"step {step + 1}");
        }

        Assert.AreNotEqual(steps[0]["entropy_coef"], steps[^1]["entropy_coef"], "The coefficient should move.");
    }

    private static (IReadOnlyList<IReadOnlyDictionary<string, double>> Steps, double[] Weights, double[] Gradients) Train(string name, bool evaluate)
    {
        var policy = TinyPolicy.Create();
        var gradients = new List<double>();
        using var run = new TinyRun(
            o =>
            {
                (o.GroupSize, o.PromptsPerRollout, o.Steps, o.Execution.MicroBatchTokens) = (3, 4, 4, 61);
                (o.Loss.Beta, o.Loss.TopEntropyQuantile, o.Loss.MaskTruncatedCompletions) = (0.1, 0.5, true);
                (o.Loss.Entropy.Coefficient, o.Loss.Entropy.Adaptive, o.Loss.Entropy.Target) = (0.01, true, 10);
                o.Lora = new() { Rank = 2, Dropout = 0.3 };
                Runs[name](o);
                if (evaluate)
                {
                    (o.Evaluation.EvaluateEverySteps, o.Evaluation.Samples, o.Evaluation.Loss, o.Evaluation.Greedy, o.Evaluation.Drift) = (1, 2, true, true, true);
                }
            },
            policy: policy)
        {
            Validation = evaluate ? TinyRun.Prompts(4, first: 12) : null,
            Seams = new() { GradientsReady = _ => gradients.AddRange(policy.Network.Trained.Values.SelectMany(p => Near.Doubles(p.grad!))) },
        };
        if (run.Options.Lora is { } lora)
        {
            RandomAdapter.AttachTo(policy.Network, lora.ToSettings());
        }

        var steps = run.Train().Steps;
        return (steps, [.. policy.Network.Trained.Values.Concat(policy.Network.Parameters.Values).SelectMany(Near.Doubles)], [.. gradients]);
    }

    /// <summary>What a step tells of training, but for its time; to the bit.</summary>
    private static string Text(IReadOnlyDictionary<string, double> step) => string.Join('\n', step
        .Where(m => m.Key != "step_time" && !m.Key.StartsWith("eval_", StringComparison.Ordinal)).OrderBy(m => m.Key, StringComparer.Ordinal)
        .Select(m => $"{m.Key} {BitConverter.DoubleToInt64Bits(m.Value)}"));
}
