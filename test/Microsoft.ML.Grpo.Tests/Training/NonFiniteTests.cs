using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>A loss or gradient that is no number stops the run before it reaches a weight.</summary>
[TestClass]
public class NonFiniteTests
{
    [TestMethod]
    public void A_loss_that_is_NaN_names_step_and_rows_and_changes_nothing()
    {
        // The embedding of 'b', which stands in the prompt of row 1 alone.
        var policy = TinyPolicy.Create(edit: weights => weights["model.embed_tokens.weight"] = Poisoned(weights["model.embed_tokens.weight"]), tied: false);
        using var run = new TinyRun(o => (o.Shuffle, o.Execution.SkipZeroAdvantageRows) = (false, false), policy: policy) { Engine = new ScriptedEngine((_, place, g) => ([200 + place + g, 210 + g], FinishReason.Stop)) };
        var before = run.Weights;
        var error = Assert.ThrowsExactly<TrainingException>(() => run.Train());
        Assert.AreEqual(
            "Step 1: the loss is NaN, with completions of the data's rows 1 (counted from 0). Nothing was updated: the weights are those of step 0. "
            + "Lower Optimizer.LearningRate or Optimizer.MaxGradientNorm, or check that the model's weights are finite.",
            error.Message);
        CollectionAssert.AreEqual(before, run.Weights);

        static Tensor Poisoned(Tensor embedding)
        {
            var copy = embedding.detach().clone();
            copy[98, 3] = float.NaN;
            return copy;
        }
    }

    [TestMethod]
    public void A_gradient_that_overflows_names_step_and_rows_and_changes_nothing_of_that_step()
    {
        var calls = 0;
        using var run = new TinyRun(o =>
        {
            o.Rewards.Add(Reward.FromBatchFunction("huge", batch => [.. batch.Select(s => (double?)(s.Generation * (calls > 0 ? 1e200 : 1)))]));
            o.Rewards.Add(Reward.FromBatchFunction("counts", batch =>
            {
                calls++;
                return [.. batch.Select(_ => (double?)0)];
            }));
            (o.Loss.ScaleRewards, o.Shuffle) = (ScaleRewards.None, false);
        });
        var error = Assert.ThrowsExactly<TrainingException>(() => run.Train());
        StringAssert.StartsWith(error.Message, "Step 2: the norm of the gradient is Infinity, with completions of the data's rows 4, 5, 6, 7 (counted from 0). Nothing was updated: the weights are those of step 1.");

        using var first = new TinyRun(o =>
        {
            o.Rewards.Add(Reward.FromBatchFunction("huge", batch => [.. batch.Select(s => (double?)s.Generation)]));
            (o.Loss.ScaleRewards, o.Shuffle, o.Steps) = (ScaleRewards.None, false, 1);
        });
        first.Train();
        CollectionAssert.AreEqual(first.Weights, run.Weights);
    }

    [TestMethod]
    public void Weights_that_give_no_logits_are_noticed_before_anything_is_sampled_from_them()
    {
        var policy = TinyPolicy.Create(edit: weights => weights["model.norm.weight"] = weights["model.norm.weight"].detach() * Scalars.Of(double.NaN));
        using var run = new TinyRun(policy: policy);
        var error = Assert.ThrowsExactly<TrainingException>(() => run.Train());
        StringAssert.StartsWith(error.Message, "After step 0: The model's logits are not all finite numbers");
    }

    [TestMethod]
    public void A_loss_of_evaluation_that_is_NaN_is_told_as_such_and_stops_nothing_but_the_step_that_would_train_on_it()
    {
        using var run = new TinyRun(o =>
        {
            o.Loss.Custom = PolicyLoss.Custom("mine", terms => terms.Lp * Scalars.Of(double.NaN));
            (o.Evaluation.Loss, o.Steps) = (true, 1);
        })
        { Validation = TinyRun.Prompts(3, first: 12) };
        var error = Assert.ThrowsExactly<TrainingException>(() => run.Train());
        StringAssert.StartsWith(error.Message, "Step 1: the loss is NaN");
        StringAssert.Contains(error.Message, "the weights are those of step 0. See what the custom loss 'mine' returns for them; else lower");
        Assert.IsTrue(run.Log.All.Any(line => line.StartsWith("Evaluation at step 0", StringComparison.Ordinal)));
    }
}
