using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Whole runs of a network that reads further inputs, through every cell of the forward plan, with a reference policy and evaluations in between.</summary>
[TestClass]
public class FurtherInputRunTests
{
    private static readonly (Schedule Schedule, int Steps)[] Schedules =
        [(new(1, 1, 1), 3), (new(4, 2, 1), 2), (new(4, 2, 2), 2), (new(6, 3, 2), 2), (new(3, 2, 1), 3), (new(1, 4, 1), 5)];

    public static IEnumerable<object[]> Cells =>
        from s in Schedules
        from route in new CorrectionRoute?[] { null, CorrectionRoute.Inline, CorrectionRoute.Precompute }
        where s.Schedule.Aligned || route != CorrectionRoute.Inline
        select new object[] { s.Schedule.Accumulation, s.Schedule.SlicesPerRollout, s.Schedule.Iterations, s.Steps, route?.ToString() ?? "Off" };

    public static IEnumerable<object[]> EverySchedule => Schedules.Select(s => new object[] { s.Schedule.Accumulation, s.Schedule.SlicesPerRollout, s.Schedule.Iterations, s.Steps });

    [TestMethod]
    [DynamicData(nameof(Cells))]
    public void A_run_with_inputs_is_one_of_ids_alone_whose_embeddings_are_moved_by_them(int accumulation, int slices, int iterations, int steps, string route)
    {
        using var scope = NewDisposeScope();
        using var start = PartitionedTokens.Policy(readsInputs: true);
        using var alone = Run(false, 61);
        alone.Train();
        foreach (var budget in new[] { 1, 100_000 })
        {
            using var run = Run(true, budget);
            run.Train();
            Assert.IsGreaterThan(1e-3, TinyPolicy.Distance(TinyPolicy.Weights(start), run.Weights), "The run should change the weights.");
            foreach (var (name, weights) in run.Policy.Network.Parameters)
            {
                var expected = alone.Policy.Network.Parameters[name];
                Near.AreEqual(
                    Near.Doubles(name == ModelWeights.Embedding ? expected - PartitionedTokens.Moves(alone.Policy.Network.Config) : expected), Near.Doubles(weights), 1e-10, $"budget {budget}, {name}");
            }
        }

        TinyRun Run(bool inputs, int budget) => Whole(inputs, PartitionedTokens.Policy(inputs), o =>
        {
            (o.AdvancedSchedule, o.Steps, o.Execution.MicroBatchTokens) = (new(accumulation, slices, iterations), steps, budget);
            if (route != "Off")
            {
                (o.ImportanceSampling.Mode, o.ImportanceSampling.Route) = (CorrectionMode.TokenTruncate, Enum.Parse<CorrectionRoute>(route));
            }
        });
    }

    [TestMethod]
    public void With_an_adapter_and_dropout_the_adapter_learns_the_same()
    {
        using var alone = Run(false, 61);
        alone.Train();
        var expected = Adapter(alone.Policy);
        foreach (var budget in new[] { 1, 100_000 })
        {
            using var run = Run(true, budget);
            run.Train();
            Near.AreEqual(expected, Adapter(run.Policy), 1e-10, $"budget {budget}");
        }

        using var start = Run(false, 61);
        Assert.IsGreaterThan(1e-3, TinyPolicy.Distance(Adapter(start.Policy), expected));

        static TinyRun Run(bool inputs, int budget)
        {
            var policy = PartitionedTokens.Policy(inputs);
            RandomAdapter.AttachTo(policy.Network, new(2, 4, Dropout: 0.3));
            return Whole(inputs, policy, o => (o.AdvancedSchedule, o.Steps, o.Execution.MicroBatchTokens) = (new(1, 2, 1), 4, budget));
        }
    }

    [TestMethod]
    [DynamicData(nameof(EverySchedule))]
    public void Sampled_in_process_a_run_depends_on_whose_input_is_whose_and_on_neither_budget_nor_route(int accumulation, int slices, int iterations, int steps)
    {
        var schedule = new AdvancedSchedule(accumulation, slices, iterations);
        var expected = After(61, CorrectionRoute.Auto);
        Assert.IsLessThanOrEqualTo(1e-10, TinyPolicy.Distance(expected, After(1, CorrectionRoute.Auto)));
        Assert.IsLessThanOrEqualTo(1e-10, TinyPolicy.Distance(expected, After(100_000, CorrectionRoute.Precompute)));
        Assert.IsGreaterThan(1e-4, TinyPolicy.Distance(expected, After(61, CorrectionRoute.Auto, turn: 1)), "The inputs of other prompts should change the result.");

        double[] After(int budget, CorrectionRoute route, int turn = 0)
        {
            var policy = PartitionedTokens.Policy(readsInputs: true);
            using var run = Whole(
                true,
                policy,
                o =>
                {
                    (o.AdvancedSchedule, o.Steps, o.Execution.MicroBatchTokens) = (schedule, steps, budget);
                    (o.ImportanceSampling.Mode, o.ImportanceSampling.Route) = (CorrectionMode.SequenceTruncate, route);
                },
                new NoisyEngine(policy),
                turn);
            run.Train();
            return run.Weights;
        }
    }

    [TestMethod]
    public void A_rounded_copy_is_a_network_of_the_same_kind_and_samples_with_each_rows_input()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var policy = PartitionedTokens.Policy(readsInputs: true);
        using var sampler = new RoundedRolloutEngine(RoundedWeights.BFloat16).Start(policy, new());
        using var rounded = policy.Network.WithWeights(policy.Network.Parameters.ToDictionary(p => p.Key, p => WeightRounding.Round(p.Value, RoundedWeights.BFloat16)));
        RolloutPrompt[] prompts = [.. PartitionedTokens.Data(inputs: true).Select((row, place) => new RolloutPrompt(place, policy.Prompts.Build(row.Prompt), row.Further))];
        var request = new RolloutRequest(prompts, 3, new() { MaxTokens = 8, StopIds = policy.StopIds }, new(3), DrawPurpose.Training, 0);
        foreach (var group in sampler.SampleAsync(request, default).AsTask().GetAwaiter().GetResult())
        {
            foreach (var completion in group.Completions)
            {
                double[] Scored(CausalLM network, object? input) =>
                    Near.Doubles(SequenceScorer.Score(network, [new(group.Prompt.Ids, completion.Ids, input)], new PassSettings(1, int.MaxValue), new(), WorkPurpose.Score).LogProbs);

                Near.AreEqual(Scored(rounded, group.Prompt.Further), [.. completion.LogProbs!], 1e-12, "log-prob");
                Assert.IsGreaterThan(1e-3, Scored(rounded, 5.0).Zip(completion.LogProbs!, (a, b) => Math.Abs(a - b)).Max(), "Otherwise the input would not matter.");
            }
        }
    }

    [TestMethod]
    public void A_run_that_samples_from_a_rounded_copy_gives_it_the_inputs_too()
    {
        var expected = After(61, 0);
        Assert.IsLessThanOrEqualTo(1e-10, TinyPolicy.Distance(expected, After(100_000, 0)));
        Assert.IsGreaterThan(1e-4, TinyPolicy.Distance(expected, After(61, 1)));

        static double[] After(int budget, int turn)
        {
            using var run = new TinyRun(o => Set(o, own => (own.RolloutEngine, own.Execution.MicroBatchTokens, own.Steps) = (new RoundedRolloutEngine(), budget, 2)), policy: PartitionedTokens.Policy(readsInputs: true))
            { Rows = PartitionedTokens.Data(inputs: true, turn), Validation = Held(inputs: true) };
            var steps = run.Train().Steps;
            Assert.IsTrue(steps.All(s => s["sampling/sampling_logp_difference/mean"] is > 1e-4 and < 0.5), "The sampler should differ, but only by rounding.");
            return run.Weights;
        }
    }

    [TestMethod]
    public void A_copy_of_the_model_is_of_the_same_kind()
    {
        using var policy = PartitionedTokens.Policy(readsInputs: true);
        using var copy = policy.Model.Copy(ScalarType.Float32, CPU);
        Assert.IsInstanceOfType<BiasedByInputLM>(copy.Network);
        using var plain = PartitionedTokens.Policy(readsInputs: false);
        Assert.AreEqual(typeof(CausalLM), plain.Network.GetType());
    }

    private static TinyRun Whole(bool inputs, Policy policy, Action<GrpoOptions> change, IRolloutEngine? engine = null, int turn = 0) =>
        new(o => Set(o, change), policy: policy)
        { Rows = PartitionedTokens.Data(inputs, turn), Validation = Held(inputs), Engine = engine ?? new PartitionedTokens.Engine() };

    private static void Set(GrpoOptions o, Action<GrpoOptions> change)
    {
        o.Rewards.Add(Reward.FromFunction("residue", s => s.CompletionIds.Average(i => (double)(i % 5))));
        (o.GroupSize, o.PromptsPerRollout, o.Loss.Beta, o.Loss.MaskTruncatedCompletions) = (3, 4, 0.1, true);
        (o.Evaluation.EvaluateEverySteps, o.Evaluation.Samples, o.Evaluation.Loss) = (1, 2, true);
        change(o);
    }

    private static PromptRow[] Held(bool inputs) => [.. PartitionedTokens.Data(inputs).Take(2)];

    private static double[] Adapter(Policy policy) => [.. policy.Network.Trained.Values.SelectMany(Near.Doubles)];
}
