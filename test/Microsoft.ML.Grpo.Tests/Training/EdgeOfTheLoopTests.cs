using TorchSharp;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class EdgeOfTheLoopTests
{
    [TestMethod]
    [DataRow(LossType.Dapo)]
    [DataRow(LossType.Grpo)]
    public void A_rollout_whose_completions_are_all_cut_and_masked_moves_nothing(LossType type)
    {
        using var run = new TinyRun(o => (o.Loss.Type, o.Loss.MaskTruncatedCompletions, o.Loss.Beta) = (type, true, 0.1))
        { Engine = new ScriptedEngine((_, place, g) => ([50 + place, 60 + g], FinishReason.Length)) };
        var before = run.Weights;
        var steps = run.Train().Steps;
        Assert.IsTrue(steps.All(s => s["loss"] == 0 && s["grad_norm"] == 0 && s["update_ratio"] == 0 && s["completions/clipped_ratio"] == 1));
        CollectionAssert.AreEqual(before, run.Weights);
    }

    [TestMethod]
    public void Equal_rewards_move_nothing_and_unequal_ones_do()
    {
        using var equal = new TinyRun(o => o.Rewards.Add(Reward.FromFunction("same", _ => 3)));
        var before = equal.Weights;
        equal.Train();
        CollectionAssert.AreEqual(before, equal.Weights);
        using var unequal = new TinyRun();
        unequal.Train();
        CollectionAssert.AreNotEqual(before, unequal.Weights);
    }

    [TestMethod]
    public void Training_raises_the_reward()
    {
        using var run = new TinyRun(o => (o.Steps, o.GroupSize, o.Optimizer.LearningRate) = (40, 8, 1e-2));
        var rewards = run.Train().Steps.Select(s => s["reward"]).ToArray();
        Assert.IsTrue(rewards.TakeLast(5).Average() > rewards.Take(5).Average() + 0.15, string.Join(' ', rewards));
    }

    [TestMethod]
    public void A_prompt_and_completion_that_fill_the_context_can_be_trained_on()
    {
        using var run = new TinyRun(o => (o.MaxCompletionTokens, o.Steps) = (10, 2), policy: TinyPolicy.Create(maxPositions: 32)) { Rows = TinyRun.Prompts(10) };
        Assert.AreEqual(2, run.Train().Steps.Count); // the longest prompt has 22 tokens: 22 + 10 = 32
        Assert.AreEqual(22, run.Rows.Max(r => r.Prompt.Length));
    }

    [TestMethod]
    public void The_policy_can_be_trained_again_after_a_run()
    {
        using var run = new TinyRun();
        run.Train();
        var once = run.Weights;
        run.Train();
        Assert.IsTrue(TinyPolicy.Distance(once, run.Weights) > 1e-4);
    }

    [TestMethod]
    public void A_caller_who_has_gradients_off_gets_the_same_run_and_still_has_them_off()
    {
        var expected = TinyRun.WeightsAfter();
        using var noGrad = torch.no_grad();
        CollectionAssert.AreEqual(expected, TinyRun.WeightsAfter());
        Assert.IsFalse(torch.is_grad_enabled());
    }

    [TestMethod]
    public void Fitting_twice_gives_the_same_model_to_the_byte_and_another_transform_before_ours_changes_nothing()
    {
        using var folder = new TemporaryFolder();
        using (var policy = TinyPolicy.Create())
        {
            policy.Model.SavePretrained(folder["model"]);
        }

        byte[] Fit(Action<MLContext> first, string name)
        {
            var ml = new MLContext(seed: 3);
            first(ml);
            using var transformer = ml.Transforms.TrainGrpo(new GrpoOptions
            {
                ModelPath = folder["model"], PromptFormat = PromptFormat.Raw, Rewards = { TinyRun.Share }, GroupSize = 2, PromptsPerRollout = 2, Steps = 3, MaxCompletionTokens = 5,
                Optimizer = { LearningRate = 1e-3, WarmupSteps = 0 },
            }).Fit(Question.View(ml, 6));
            transformer.SavePretrained(folder[name]);
            return File.ReadAllBytes(Path.Combine(folder[name], "model.safetensors"));
        }

        var once = Fit(_ => { }, "a");
        CollectionAssert.AreEqual(once, Fit(_ => { }, "b"));
        CollectionAssert.AreEqual(once, Fit(ml => ml.Transforms.Concatenate("c", "Number").Fit(Question.View(ml, 2)), "c"));
        CollectionAssert.AreNotEqual(once, File.ReadAllBytes(Path.Combine(folder["model"], "model.safetensors")));
    }

    // As in a window's or a notebook's thread: what is awaited there goes on there, and Fit has that thread.
    [TestMethod]
    public void A_reward_that_awaits_does_not_wait_for_the_thread_that_waits_for_it()
    {
        var context = new Unpumped();
        SynchronizationContext? after = null;
        var trained = new Thread(() =>
        {
            SynchronizationContext.SetSynchronizationContext(context);
            using var run = new TinyRun(o =>
            {
                o.Rewards.Add(Reward.FromFunction("judge", async (s, _) =>
                {
                    await Task.Yield();
                    return s.Generation;
                }));
                o.Steps = 1;
            });
            run.Train();
            after = SynchronizationContext.Current;
        })
        { IsBackground = true };
        trained.Start();
        Assert.IsTrue(trained.Join(TimeSpan.FromSeconds(60)), "The reward waits for Fit, and Fit for the reward.");
        Assert.AreSame(context, after);
    }

    private sealed class Unpumped : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }
}
