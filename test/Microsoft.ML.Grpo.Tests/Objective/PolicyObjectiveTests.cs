using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Worked values, computed twice from the papers' equations: by a scalar program with central differences, and with autograd.</summary>
[TestClass]
public class PolicyObjectiveTests
{
    private const double Printed = 1e-6;

    [TestMethod]
    public void Grpo_is_the_mean_over_completions_of_the_mean_over_tokens() => Check(
        new ObjectiveSettings { LossType = LossType.Grpo }, 0.436108, [-.147356, -.109164, 0, 0, 0, .162500, .198478, .361650]);

    [TestMethod]
    public void Dapo_is_the_mean_over_the_tokens_of_the_rollout() => Check(
        new ObjectiveSettings(), 0.216095, [-.044207, -.032749, 0, 0, 0, .065000, .079391, .144660]);

    [TestMethod]
    public void Kl_is_added_with_beta_and_pulls_towards_the_reference() => Check(
        new ObjectiveSettings { Beta = .1, BiasCorrectedKl = false }, 0.216629, [-.043300, -.033275, .000906, 0, -.001107, .065906, .078865, .145567]);

    [TestMethod]
    public void Kl_with_bias_correction_is_weighed_by_the_ratio_and_differentiated_through_it() => Check(
        new ObjectiveSettings { Beta = .1 }, 0.216789, [-.043102, -.033159, .001822, 0, -.000607, .066000, .078780, .146886]);

    [TestMethod]
    public void Metrics_are_the_printed_ones()
    {
        using var scope = NewDisposeScope();
        var metrics = new SpecExample().Compute(new ObjectiveSettings { Beta = .1, BiasCorrectedKl = false }).Statistics.ToMetrics();
        Near.AreEqual(.015238, metrics["kl"], Printed, "kl");
        Near.AreEqual(1 / 7.0, metrics["clip_ratio/low_mean"], 1e-12, "low_mean");
        Near.AreEqual(1 / 7.0, metrics["clip_ratio/high_mean"], 1e-12, "high_mean");
        Near.AreEqual(2 / 7.0, metrics["clip_ratio/region_mean"], 1e-12, "region_mean");
        Near.AreEqual(0, metrics["clip_ratio/low_min"], 1e-12, "low_min");
        Near.AreEqual(1 / 3.0, metrics["clip_ratio/high_max"], 1e-12, "high_max");
        Near.AreEqual(.606531, metrics["ratio/min"], Printed, "ratio/min");
        Near.AreEqual(1.257071, metrics["ratio/mean"], Printed, "ratio/mean");
        Near.AreEqual(2.225541, metrics["ratio/max"], Printed, "ratio/max");
        string[] others = ["entropy", "policy_loss", "sampling/kl", "cispo_clip_ratio"];
        Assert.IsEmpty(metrics.Keys.Intersect(others), "No entropies were given, no bonus is paid, and the sampler's mismatch is the rollout's.");
    }

    [TestMethod]
    public void The_entropy_is_measured_where_it_is_given_over_the_tokens_that_carry_loss()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample().Inputs with { Entropy = SpecExample.Rows(1, 2, 3, 4, 5, 6, 7, 8) };
        var metrics = PolicyObjective.Compute(inputs, new(), SpecExample.Scale).Statistics.ToMetrics();
        Near.AreEqual((1 + 2 + 3 + 5 + 6 + 7 + 8) / 7.0, metrics["entropy"], 1e-12, "entropy");
    }

    [TestMethod]
    public void Without_old_log_probs_the_ratio_is_1_and_the_gradient_that_of_the_policy()
    {
        using var scope = NewDisposeScope();
        var example = new SpecExample();
        LossResult result = PolicyObjective.Compute(example.Inputs with { Old = null }, new ObjectiveSettings(), SpecExample.Scale);

        // l = -A at ratio 1, and dl/dlp = -A: three tokens of A = .8, four of -1.3, over 20.
        Near.AreEqual(((-.8 * 3) + (1.3 * 4)) / 20, result.Loss.item<double>(), 1e-12, "loss");
        double[] expected = [-.04, -.04, -.04, 0, .065, .065, .065, .065];
        Near.AreEqual(expected, example.Gradient(result), 1e-12, "gradient");
        var metrics = result.Statistics.ToMetrics();
        Assert.AreEqual(1.0, metrics["ratio/min"]);
        Assert.AreEqual(1.0, metrics["ratio/max"]);
    }

    [TestMethod]
    public void No_gradient_reaches_old_reference_or_sampler()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample().Inputs;
        inputs.Old!.requires_grad_();
        inputs.Reference!.requires_grad_();
        inputs.Sampler!.requires_grad_();
        PolicyObjective.Compute(inputs, new ObjectiveSettings { Beta = .1 }, SpecExample.Scale).Loss.backward();
        Assert.IsNull(inputs.Old.grad);
        Assert.IsNull(inputs.Reference.grad);
        Assert.IsNull(inputs.Sampler.grad);
        Assert.IsNotNull(inputs.Lp.grad);
    }

    private static void Check(ObjectiveSettings settings, double loss, double[] gradient)
    {
        using var scope = NewDisposeScope();
        var example = new SpecExample();
        LossResult result = example.Compute(settings);
        Near.AreEqual(loss, result.Loss.item<double>(), Printed, "loss");
        Near.AreEqual(gradient, example.Gradient(result), Printed, "gradient");
    }
}
