using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Every tensor is disposed where it was made; none waits for the garbage collector, whose finalizers the counter does not see.</summary>
[TestClass]
[DoNotParallelize]
public class NativeMemoryTests
{
    private static long Live => DisposeScopeManager.Statistics.ThreadTotalLiveCount;

    [TestMethod]
    public void The_counter_sees_every_live_tensor_in_a_scope_or_out_of_it()
    {
        var before = Live;
        var outside = zeros(1);
        using (var scope = NewDisposeScope())
        {
            var inside = zeros(1);
            var moved = zeros(1).DetachFromDisposeScope();
            Assert.AreEqual(before + 3, Live);
            moved.Dispose();
        }

        Assert.AreEqual(before + 1, Live);
        outside.Dispose();
        Assert.AreEqual(before, Live);
    }

    [TestMethod]
    public void The_number_of_live_tensors_is_flat_over_200_steps_and_all_are_freed()
    {
        var before = Live;
        var counts = new List<long>();
        using (var run = new TinyRun(o =>
        {
            (o.Steps, o.StepsPerRollout, o.Loss.Beta, o.Evaluation.EvaluateEverySteps) = (200, 2, 0.1, 20);
            (o.GroupSize, o.PromptsPerRollout, o.MaxCompletionTokens, o.Execution.MicroBatchTokens) = (2, 2, 4, 40);
            o.Progress = new ProgressCall(p =>
            {
                if (p.Phase == GrpoPhase.StepDone)
                {
                    counts.Add(Live);
                }
            });
        })
        { Validation = TinyRun.Prompts(3) })
        {
            var policy = Live;
            run.Train();
            Assert.AreEqual(policy, Live, "The trainer has left tensors behind.");
            Assert.IsTrue(run.Policy.Network.Parameters.Values.All(p => p.grad is null), "Gradients are as large as the model, and their owner is not a tensor that the counter sees.");
        }

        Assert.AreEqual(200, counts.Count);
        Assert.AreEqual(1, counts.Skip(2).Distinct().Count(), string.Join(' ', counts));
        Assert.AreEqual(before, Live, "The policy has left tensors behind.");
    }

    [TestMethod]
    public void The_number_of_live_tensors_is_flat_with_an_adapter_and_with_dropout_and_all_are_freed()
    {
        var before = Live;
        var counts = new List<long>();
        using (var run = new TinyRun(
            o =>
            {
                (o.Steps, o.StepsPerRollout, o.GroupSize, o.PromptsPerRollout, o.MaxCompletionTokens) = (40, 2, 2, 2, 4);
                o.Progress = new ProgressCall(p =>
                {
                    if (p.Phase == GrpoPhase.StepDone)
                    {
                        counts.Add(Live);
                    }
                });
            },
            policy: LoraTrainingTests.Adapted()))
        {
            var policy = Live;
            run.Train();
            Assert.AreEqual(policy, Live, "The trainer has left tensors behind.");
            run.Policy.Network.Merge();
            run.Policy.Network.Unmerge();
            using (var copy = run.Policy.Network.CloneFrozen())
            {
                copy.Merge();
            }

            Assert.AreEqual(policy, Live, "Merging or copying has left tensors behind.");
        }

        Assert.AreEqual(1, counts.Skip(2).Distinct().Count(), string.Join(' ', counts));
        using (var network = RandomModel.Create())
        {
            RandomAdapter.AttachTo(network, RandomAdapter.Settings with { Dropout = 0.5 });
            var attached = Live;
            for (var visit = 0; visit < 3; visit++)
            {
                RandomAdapter.Logits(network, new() { Dropout = new(1, 0, visit, WorkPurpose.Loss, [0, 1]) }).Dispose();
                Assert.AreEqual(attached, Live, "Dropout has left tensors behind.");
            }
        }

        Assert.AreEqual(before, Live, "The policy has left tensors behind.");
    }

    [TestMethod]
    [DataRow("inline, reference that follows")]
    [DataRow("precomputed, reference that follows")]
    [DataRow("not aligned, reference that follows")]
    [DataRow("inline, adapter with dropout")]
    [DataRow("not aligned, adapter with dropout")]
    public void The_number_of_live_tensors_is_flat_over_60_steps_with_every_feature_at_once_and_all_are_freed(string mode)
    {
        var before = Live;
        var counts = new List<long>();
        var policy = TinyPolicy.Create();
        using (var run = new TinyRun(
            o =>
            {
                (o.Steps, o.GroupSize, o.PromptsPerRollout, o.MaxCompletionTokens, o.Execution.MicroBatchTokens) = (60, 2, 2, 4, 40);
                o.AdvancedSchedule = mode.StartsWith("not", StringComparison.Ordinal) ? new(1, 2, 2) : new(4, 2, 2);
                (o.RolloutEngine, o.MinInformativeGroups) = (new RoundedRolloutEngine(), 2);
                (o.ImportanceSampling.Mode, o.ImportanceSampling.Route) = (CorrectionMode.TokenMask, mode.StartsWith("pre", StringComparison.Ordinal) ? CorrectionRoute.Precompute : CorrectionRoute.Auto);
                (o.Loss.Beta, o.Loss.TopEntropyQuantile, o.Loss.OffPolicyMaskThreshold, o.Loss.MaskTruncatedCompletions) = (0.1, 0.5, 0.5, true);
                (o.Loss.Entropy.Coefficient, o.Loss.Entropy.Adaptive, o.Loss.Entropy.Target) = (0.01, true, 10);
                (o.Evaluation.EvaluateEverySteps, o.Evaluation.Samples, o.Evaluation.Loss) = (10, 1, true);
                if (mode.EndsWith("dropout", StringComparison.Ordinal))
                {
                    o.Lora = new() { Rank = 2, Dropout = 0.3 };
                    RandomAdapter.AttachTo(policy.Network, new(2, 4, Dropout: 0.3));
                }
                else
                {
                    o.Reference.SyncEverySteps = 3;
                }

                o.Progress = new ProgressCall(p =>
                {
                    if (p.Phase == GrpoPhase.StepDone)
                    {
                        counts.Add(Live);
                    }
                });
            },
            policy: policy)
        { Validation = TinyRun.Prompts(2) })
        {
            var live = Live;
            run.Train();
            Assert.AreEqual(live, Live, "The trainer has left tensors behind.");
            Assert.IsTrue(policy.Network.Parameters.Values.Concat(policy.Network.Trained.Values).All(p => p.grad is null));
        }

        Assert.HasCount(60, counts);
        Assert.AreEqual(1, counts.Skip(2).Distinct().Count(), string.Join(' ', counts));
        Assert.AreEqual(before, Live, "The policy has left tensors behind.");
    }

    [TestMethod]
    [DataRow(GrpoPhase.Rollout, 1)]
    [DataRow(GrpoPhase.Rewards, 1)]
    [DataRow(GrpoPhase.Update, 1)]
    [DataRow(GrpoPhase.Update, 2)]
    [DataRow(GrpoPhase.StepDone, 1)]
    public void A_cancelled_run_throws_and_leaves_nothing_alive(GrpoPhase phase, int occurrence)
    {
        using var stop = new CancellationTokenSource();
        var seen = 0;
        using var run = new TinyRun(o =>
        {
            (o.CancellationToken, o.StepsPerRollout, o.Loss.Beta) = (stop.Token, 2, 0.1);
            o.Progress = new ProgressCall(p =>
            {
                if (p.Phase == phase && ++seen == occurrence)
                {
                    stop.Cancel();
                }
            });
        });
        var before = Live;
        Assert.ThrowsExactly<OperationCanceledException>(() => run.Train());
        Assert.AreEqual(before, Live);
        Assert.IsTrue(run.Policy.Network.Parameters.Values.All(p => !p.requires_grad));
    }

    [TestMethod]
    public void A_run_that_is_cancelled_in_its_scoring_pass_frees_the_rollout()
    {
        using var stop = new CancellationTokenSource();
        using var run = new TinyRun(o => (o.CancellationToken, o.IterationsPerRollout) = (stop.Token, 2)) { Engine = ScriptedEngine.Ragged(6) };

        // The last that is heard of a run before its scoring pass, when the rollout is there.
        run.Log.OnLine = line =>
        {
            if (line.Contains("of the completions were cut", StringComparison.Ordinal))
            {
                stop.Cancel();
            }
        };
        var before = Live;
        Assert.Throws<OperationCanceledException>(() => run.Train());
        Assert.AreEqual(0, run.Work.Passes(WorkPurpose.Score));
        Assert.AreEqual(before, Live);
    }

    [TestMethod]
    public void A_trainer_that_refuses_its_data_holds_nothing()
    {
        using var run = new TinyRun(o => o.Loss.Beta = 0.1) { Rows = TinyRun.Prompts(8) };
        var before = Live;
        var error = Assert.ThrowsExactly<ArgumentException>(() => new GrpoTrainer(run.Policy, run.Options, 1, run.Rows, [new(3, " ", new Dictionary<string, object?>())], run.Log, run.Work, () => { }));
        StringAssert.Contains(error.Message, "row 3 (counted from 0) of the validation data is empty");
        Assert.AreEqual(before, Live);
    }

    [TestMethod]
    public void A_reward_that_throws_leaves_nothing_alive()
    {
        using var run = new TinyRun(o => o.Rewards.Add(Reward.FromFunction("broken", _ => throw new InvalidOperationException("no"))));
        var before = Live;
        Assert.ThrowsExactly<RewardException>(() => run.Train());
        Assert.AreEqual(before, Live);
    }
}
