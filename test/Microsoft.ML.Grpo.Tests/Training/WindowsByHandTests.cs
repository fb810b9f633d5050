using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>
/// Windows of every kind against a plain computation, from the weights before each step and what was sampled: 3 rollouts of
/// 12 rows, their order turned round, completions that were made up, each third of the longest cut and without loss.
/// </summary>
[TestClass]
public class WindowsByHandTests
{
    private const int GroupSize = 3;
    private const int Prompts = 4;
    private const int Rows = GroupSize * Prompts;
    private const int Rollouts = 3;
    private const double SamplerLogProb = -3; // ScriptedEngine's

    // The last window of the epoch is short in the second, fifth and sixth.
    public static IEnumerable<object[]> Schedules => new (int, int, int)[] { (1, 1, 1), (4, 2, 1), (4, 2, 2), (6, 3, 2), (8, 2, 2), (5, 2, 2), (3, 2, 1), (1, 4, 1), (1, 2, 2) }
        .Select(s => new object[] { s.Item1, s.Item2, s.Item3 });

    public static IEnumerable<object[]> Losses => Schedules.SelectMany(s => new[] { LossType.Dapo, LossType.Grpo, LossType.Bnpo }.Select(type => (object[])[type, .. s]));

    public static IEnumerable<object[]> Routes =>
        from s in Schedules
        from route in new CorrectionRoute?[] { null, CorrectionRoute.Inline, CorrectionRoute.Precompute }
        where route != CorrectionRoute.Inline || new Schedule((int)s[0], (int)s[1], (int)s[2]).Aligned
        select (object[])[route?.ToString() ?? "Off", .. s];

    [TestMethod]
    [DynamicData(nameof(Losses))]
    public void Each_slice_adds_its_share_to_the_loss_of_its_window(LossType type, int accumulation, int slices, int iterations)
    {
        using var run = new ByHand(new(accumulation, slices, iterations), o => o.Loss.Type = type);
        run.Train();
        Assert.AreEqual(run.Windows.Length, run.Losses.Count);
        for (var step = 0; step < run.Windows.Length; step++)
        {
            var window = run.Windows[step];
            Near.AreEqual([.. window.Select(visit => SliceLoss(run, type, visit, step, window.Count))], [.. run.Losses[step]], 1e-11, $"step {step + 1}");
            Near.AreEqual(run.Losses[step].Sum(), run.Steps[step]["loss"], 1e-14, $"step {step + 1}");
        }

        Assert.IsTrue(run.Losses.SelectMany(l => l).Count(l => Math.Abs(l) > 1e-3) > 2, "There should be something to compare.");
    }

    [TestMethod]
    [DynamicData(nameof(Routes))]
    public void Rollouts_are_measured_once_and_a_step_that_opens_none_tells_of_the_last(string route, int accumulation, int slices, int iterations)
    {
        using var run = new ByHand(new(accumulation, slices, iterations), o =>
        {
            if (route != "Off")
            {
                (o.ImportanceSampling.Mode, o.ImportanceSampling.Route) = (CorrectionMode.TokenTruncate, Enum.Parse<CorrectionRoute>(route));
                (o.ImportanceSampling.MinRatio, o.ImportanceSampling.MaxRatio) = (0.05, 0.15);
            }
        });
        run.Train();
        var opened = new List<int>();
        for (var step = 0; step < run.Windows.Length; step++)
        {
            // An aligned schedule ends each first walk in the step that opens the rollout: there is no route on which the two are told apart.
            var here = run.Windows[step].Where(visit => visit.OpensRollout).Select(visit => (int)visit.Rollout).ToArray();
            opened.AddRange(here);
            var told = here.Length > 0 ? here : opened[^1..].ToArray();
            void Expect(string name, Func<int, double> ofRollout) => Near.AreEqual(told.Average(ofRollout), run.Steps[step][name], 1e-11, $"step {step + 1}, {name}");

            Expect("reward", r => run.Batch(r).Average(row => row.Reward));
            Expect("rewards/share/mean", r => run.Batch(r).Average(row => row.Reward));
            Expect("completions/mean_length", r => run.Batch(r).Average(row => row.Ids.Length));
            Expect("completions/max_length", r => run.Batch(r).Max(row => row.Ids.Length));
            Expect("completions/clipped_ratio", r => run.Batch(r).Average(row => row.Carries ? 0.0 : 1));
            Expect("sampling/sampling_logp_difference/mean", r => Mismatch(run, r).Average(Math.Abs));
            Expect("sampling/sampling_logp_difference/max", r => Mismatch(run, r).Max(Math.Abs));
            if (route != "Off")
            {
                Expect("sampling/importance_sampling_ratio/min", r => Mismatch(run, r).Min(Bounded));
                Expect("sampling/importance_sampling_ratio/mean", r => Mismatch(run, r).Average(Bounded));
                Expect("sampling/importance_sampling_ratio/max", r => Mismatch(run, r).Max(Bounded));
            }

            Assert.AreEqual(opened.Sum(r => run.Batch(r).Sum(row => row.Prompt.Count + row.Ids.Length)), run.Steps[step]["num_tokens"]);
            var last = run.Windows[step][^1];
            Near.AreEqual((last.Rollout + run.Schedule.ShareDone(last)) / Rollouts, run.Steps[step]["epoch"], 1e-12, "epoch");
        }

        CollectionAssert.AreEqual(Enumerable.Range(0, Rollouts).ToArray(), opened);

        static double Bounded(double logRatio) => Math.Clamp(Math.Exp(logRatio), 0.05, 0.15);
    }

    /// <summary>The loss as the papers write it, over the slice's rows and then its share of the window.</summary>
    private static double SliceLoss(ByHand run, LossType type, SliceVisit visit, int step, int window)
    {
        var batch = run.Batch((int)visit.Rollout);
        var size = Rows / run.Schedule.SlicesPerRollout;
        var rows = Enumerable.Range(visit.Index * size, size).ToArray();
        var (old, current) = (run.LogProbs((int)visit.Rollout, run.OpenedAt((int)visit.Rollout)), run.LogProbs((int)visit.Rollout, step));
        double Term(int row, int t)
        {
            var ratio = Math.Exp(current[row][t] - old[row][t]);
            return batch[row].Carries ? -Math.Min(ratio * batch[row].Advantage, Math.Clamp(ratio, 0.8, 1.2) * batch[row].Advantage) : 0;
        }

        var sums = rows.Select(row => Enumerable.Range(0, batch[row].Ids.Length).Sum(t => Term(row, t))).ToArray();
        return type switch
        {
            LossType.Grpo => rows.Zip(sums, (row, sum) => sum / batch[row].Ids.Length).Average() / window,
            LossType.Bnpo => sums.Sum() / Math.Max(rows.Sum(Tokens), 1) / window,
            _ => sums.Sum() / (batch.Select((_, row) => Tokens(row)).Sum() * (double)window / run.Schedule.SlicesPerRollout),
        };

        int Tokens(int row) => batch[row].Carries ? batch[row].Ids.Length : 0;
    }

    /// <summary>log(trainer / sampler) of each token of a rollout that carries loss, at the weights that it was opened with.</summary>
    private static double[] Mismatch(ByHand run, int rollout) =>
        [.. run.LogProbs(rollout, run.OpenedAt(rollout)).Where((_, row) => run.Batch(rollout)[row].Carries).SelectMany(lp => lp).Select(lp => lp - SamplerLogProb)];

    private sealed record Row(IReadOnlyList<int> Prompt, int[] Ids, double Reward, double Advantage, bool Carries);

    /// <summary>A run of one epoch, the weights before each of its steps, and its rollouts made anew.</summary>
    private sealed class ByHand : IDisposable
    {
        private readonly TinyRun _run;
        private readonly List<CausalLM> _before;
        private readonly Dictionary<(int Rollout, int Step), double[][]> _logProbs = [];
        private readonly Row[][] _rollouts;

        public ByHand(Schedule schedule, Action<GrpoOptions> change)
        {
            Schedule = schedule;
            Windows = [.. UpdateWindows.OfEpochs(schedule, 1, Rollouts)];
            var policy = TinyPolicy.Create();
            _before = [policy.Network.CloneFrozen()];
            _run = new(
                o =>
                {
                    (o.GroupSize, o.PromptsPerRollout, o.Epochs, o.Shuffle) = (GroupSize, Prompts, 1, false);
                    (o.AdvancedSchedule, o.Execution.MicroBatchTokens, o.Execution.SkipZeroAdvantageRows) = (new(schedule.Accumulation, schedule.SlicesPerRollout, schedule.Iterations), 61, false);
                    (o.Loss.MaskTruncatedCompletions, o.Optimizer.LearningRate) = (true, 2e-2);
                    change(o);
                },
                policy: policy)
            {
                Rows = TinyRun.Prompts(Rollouts * Prompts),
                Engine = ScriptedEngine.Ragged(6),
                Seams = new()
                {
                    RowOrder = _ => [.. Enumerable.Range(0, Rows).Select(Turned)],
                    Updated = (_, losses) =>
                    {
                        Losses.Add([.. losses]);
                        _before.Add(policy.Network.CloneFrozen());
                    },
                },
            };
            _rollouts = [.. Enumerable.Range(0, Rollouts).Select(Made)];
        }

        public Schedule Schedule { get; }

        public IReadOnlyList<SliceVisit>[] Windows { get; }

        public List<double[]> Losses { get; } = [];

        public IReadOnlyList<IReadOnlyDictionary<string, double>> Steps { get; private set; } = [];

        public void Train() => Steps = _run.Train().Steps;

        /// <summary>The rows of a rollout in the order of the batch.</summary>
        public Row[] Batch(int rollout) => _rollouts[rollout];

        /// <summary>The step, from 0, before which a rollout was sampled.</summary>
        public int OpenedAt(int rollout) => Array.FindIndex(Windows, w => w.Any(visit => visit.OpensRollout && visit.Rollout == rollout));

        /// <summary>The log-probs of a rollout's rows, each alone, with the weights before a step.</summary>
        public double[][] LogProbs(int rollout, int step)
        {
            if (!_logProbs.TryGetValue((rollout, step), out var found))
            {
                using var scope = NewDisposeScope();
                using var noGrad = no_grad();
                _logProbs[(rollout, step)] = found = [.. Batch(rollout).Select(row =>
                    Near.Doubles(SequenceScorer.Score(_before[step], [new(row.Prompt, row.Ids)], new PassSettings(1, int.MaxValue), new(), WorkPurpose.Score).LogProbs))];
            }

            return found;
        }

        public void Dispose()
        {
            _run.Dispose();
            _before.ForEach(network => network.Dispose());
        }

        private static int Turned(int place) => ((place * 5) + 7) % Rows;

        private Row[] Made(int rollout)
        {
            var prompts = Enumerable.Range(0, Prompts).Select(place => new RolloutPrompt(place, _run.Policy.Prompts.Build(_run.Rows[(rollout * Prompts) + place].Prompt))).ToArray();
            var request = new RolloutRequest(prompts, GroupSize, new() { MaxTokens = 6, StopIds = new HashSet<int>() }, new(0), DrawPurpose.Training, rollout);
            var rows = new List<Row>();
            foreach (var group in ScriptedEngine.Ragged(6).SampleAsync(request, default).AsTask().GetAwaiter().GetResult())
            {
                var rewards = group.Completions.Select(c => c.Ids.Count(i => i < 128) / (double)c.Ids.Count).ToArray();
                var deviation = Math.Sqrt(rewards.Sum(r => Math.Pow(r - rewards.Average(), 2)) / (GroupSize - 1));
                rows.AddRange(group.Completions.Select((c, i) =>
                    new Row(group.Prompt.Ids, [.. c.Ids], rewards[i], (rewards[i] - rewards.Average()) / (deviation + 1e-4), c.FinishReason == FinishReason.Stop)));
            }

            return [.. Enumerable.Range(0, Rows).Select(place => rows[Turned(place)])];
        }
    }
}
