namespace Microsoft.ML.Grpo.Tests;

/// <summary>Whatever the loss and all beside it: how rows are packed into micro-batches changes nothing that is learned.</summary>
[TestClass]
public class RunEquivalenceTests
{
    private const string Plain = "Dapo, Token";

    private static readonly Dictionary<string, Action<GrpoOptions>> Runs = All().ToDictionary(r => r.Name, r => r.Change);

    // What every other run must differ from: without that, an option that does nothing would pass.
    private static readonly Lazy<double[]> PlainWeights = new(() => Weights(Plain, 100_000));

    public static IEnumerable<object[]> Names => Runs.Keys.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Token_budgets_give_one_run(string name)
    {
        var whole = Weights(name, 100_000);
        Assert.IsTrue(name == Plain || whole.Length != PlainWeights.Value.Length || TinyPolicy.Distance(PlainWeights.Value, whole) > 1e-7, "The options should change the run.");
        foreach (var budget in new[] { 1, 61 })
        {
            var distance = TinyPolicy.Distance(whole, Weights(name, budget));
            Assert.IsLessThanOrEqualTo(1e-10, distance, $"{name}, budget {budget}: {distance}");
        }
    }

    // Micro-batches are packed longest row first: a long prompt's completion of one token then opens what is kept of the IS ratio.
    [TestMethod]
    [DataRow(CorrectionMode.TokenTruncate)]
    [DataRow(CorrectionMode.SequenceTruncate)]
    public void A_first_micro_batch_of_one_token_completions_leaves_room_for_the_others(CorrectionMode mode)
    {
        double[] After(int budget)
        {
            using var run = new TinyRun(o =>
            {
                (o.Shuffle, o.Execution.MicroBatchTokens, o.AdvancedSchedule, o.Steps) = (false, budget, new(4, 2, 2), 2);
                (o.ImportanceSampling.Mode, o.ImportanceSampling.Route) = (mode, CorrectionRoute.Inline);
            })
            { Engine = new ScriptedEngine((_, place, g) => ([.. Enumerable.Range(100 + (9 * g), place == 3 ? 1 : 5)], FinishReason.Stop)) };
            Assert.AreEqual(22, run.Rows.Take(4).Max(r => r.Prompt.Length));
            Assert.AreEqual(22, run.Rows[3].Prompt.Length);
            run.Train();
            return run.Weights;
        }

        Assert.IsLessThanOrEqualTo(1e-10, TinyPolicy.Distance(After(100_000), After(1)));
    }

    private static IEnumerable<(string Name, Action<GrpoOptions> Change)> All()
    {
        foreach (var type in Enum.GetValues<LossType>())
        {
            foreach (var level in Enum.GetValues<RatioLevel>())
            {
                yield return ($"{type}, {level}", o => (o.Loss.Type, o.Loss.RatioLevel) = (type, level));
            }
        }

        foreach (var mode in Enum.GetValues<CorrectionMode>().Where(m => m != CorrectionMode.Off))
        {
            yield return ($"{mode}, precomputed", o => Correct(o, mode));
            yield return ($"{mode}, inline", o =>
            {
                Correct(o, mode);
                o.AdvancedSchedule = new(4, 2, 2);
            });
        }

        yield return ("Vespo, corrected", o =>
        {
            Correct(o, CorrectionMode.TokenTruncate);
            o.Loss.Type = LossType.Vespo;
        });
        yield return ("entropy quantile", o => o.Loss.TopEntropyQuantile = 0.5);
        yield return ("entropy quantile, Grpo", o => (o.Loss.TopEntropyQuantile, o.Loss.Type) = (0.5, LossType.Grpo));
        yield return ("entropy bonus", o => o.Loss.Entropy.Coefficient = 0.05);
        yield return ("entropy bonus, adaptive", Adapt);
        yield return ("entropy bonus, adaptive, quantile", o =>
        {
            Adapt(o);
            o.Loss.TopEntropyQuantile = 0.5;
        });
        yield return ("off-policy mask", o => o.Loss.OffPolicyMaskThreshold = 0.01);
        yield return ("delta", o => o.Loss.Delta = 1.001);
        yield return ("GDPO", o =>
        {
            o.Rewards.Add(TinyRun.Share);
            o.Rewards.Add(Reward.FromFunction("length", s => s.CompletionIds.Count));
            o.Loss.RewardAggregation = RewardAggregation.NormalizeThenSum;
        });
        yield return ("cut completions masked", o => o.Loss.MaskTruncatedCompletions = true);
        yield return ("reference sync", o => (o.Loss.Beta, o.Reference.SyncEverySteps, o.Reference.SyncMix) = (0.2, 2, 0.4));
        yield return ("adapter with dropout", Drop);
        yield return ("adapter with dropout, entropy quantile", o =>
        {
            Drop(o);
            (o.Loss.TopEntropyQuantile, o.Loss.Entropy.Coefficient) = (0.5, 0.02);
        });
        yield return ("adapter with dropout, inline, twice in an update", o =>
        {
            Drop(o);
            Correct(o, CorrectionMode.TokenTruncate);
            (o.AdvancedSchedule, o.Loss.TopEntropyQuantile) = (new(4, 2, 2), 0.5);
        });
        yield return ("all at once", o =>
        {
            Correct(o, CorrectionMode.TokenMask);
            Adapt(o);
            (o.Loss.Beta, o.Loss.TopEntropyQuantile, o.Loss.OffPolicyMaskThreshold, o.Loss.MaskTruncatedCompletions, o.Loss.Delta) = (0.1, 0.5, 0.01, true, 1.3);
            (o.Reference.SyncEverySteps, o.AdvancedSchedule) = (1, new(3, 2, 1));
        });
    }

    private static void Correct(GrpoOptions o, CorrectionMode mode) =>
        (o.ImportanceSampling.Mode, o.ImportanceSampling.MinRatio, o.ImportanceSampling.MaxRatio) = (mode, 0.9, 1.1);

    private static void Adapt(GrpoOptions o) =>
        (o.Loss.Entropy.Coefficient, o.Loss.Entropy.Adaptive, o.Loss.Entropy.Target, o.Loss.Entropy.Delta) = (0.01, true, 10, 0.02);

    private static void Drop(GrpoOptions o) => o.Lora = new() { Rank = 2, Alpha = 4, Dropout = 0.3 };

    private static double[] Weights(string name, int budget)
    {
        var policy = TinyPolicy.Create();
        using var run = new TinyRun(
            o =>
            {
                (o.GroupSize, o.PromptsPerRollout, o.MaxCompletionTokens, o.AdvancedSchedule, o.Steps, o.Optimizer.LearningRate) = (3, 4, 6, new(1, 2, 2), 5, 5e-3);
                Runs[name](o);
                o.Execution.MicroBatchTokens = budget;
            },
            policy: policy)
        { Engine = new NoisyEngine(policy) };
        if (run.Options.Lora is { } lora)
        {
            RandomAdapter.AttachTo(policy.Network, lora.ToSettings());
        }

        run.Train();
        return [.. policy.Network.Trained.Values.SelectMany(Near.Doubles)];
    }
}
