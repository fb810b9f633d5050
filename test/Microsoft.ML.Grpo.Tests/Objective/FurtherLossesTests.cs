using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The losses that have no option yet, by the same worked example.</summary>
[TestClass]
public class FurtherLossesTests
{
    private const double Printed = 1e-6;

    [TestMethod]
    public void Bnpo_is_the_mean_over_the_tokens_of_the_slice() => Check(
        new BnpoLoss(.2, .2), 0.617415, [-.126305, -.093569, 0, 0, 0, .185714, .226832, .413315]);

    [TestMethod]
    public void Dr_grpo_divides_by_the_longest_completion_allowed() => Check(
        new DrGrpoLoss(.2, .2), 0.270119, [-.055259, -.040937, 0, 0, 0, .081250, .099239, .180825]);

    [TestMethod]
    public void Luspo_weighs_a_completion_by_its_length() => Check(
        new LuspoLoss(.2, .2), 2.160953, [-.442068, -.327492, 0, 0, 0, .650000, .793912, 1.446602]);

    [TestMethod]
    public void Cispo_holds_the_weight_and_lets_every_token_learn() => Check(
        new CispoLoss(5), -0.186275, [-.044207, -.032749, -.072885, 0, .039424, .065000, .079391, .144660]);

    [TestMethod]
    public void Cispos_bound_is_the_ratio_itself_not_its_distance_from_1() => Check(
        new CispoLoss(.2), -0.038600, [-.008, -.008, -.008, 0, .013, .013, .013, .013]);

    [TestMethod]
    public void Sapo_fades_as_the_ratio_moves_away() => Check(
        new SapoLoss(1, 1.05), 0.492695, [-.146949, -.108272, -.206116, 0, .094472, .162500, .195820, .245295]);

    [TestMethod]
    public void Vespo_weighs_a_completion_by_the_ratio_of_the_whole() => Check(
        new VespoLoss(new VespoShape(2, 3), new VespoShape(3, 2)), -0.303239, [-.015529, -.015529, -.015529, 0, .079594, .079594, .079594, .079594]);

    [TestMethod]
    public void Vespos_metric_is_the_mean_weight_of_completions()
    {
        using var scope = NewDisposeScope();
        var vespo = new VespoLoss(new VespoShape(2, 3), new VespoShape(3, 2));
        var metrics = PolicyObjective.Compute(new SpecExample().Inputs, new ObjectiveSettings(), SpecExample.Scale, vespo).Statistics.ToMetrics();
        Near.AreEqual((.388227 + 1.224530) / 2, metrics["vespo/phi_seq_mean"], Printed, "phi");
    }

    [TestMethod]
    public void A_weight_of_vespo_that_is_not_finite_is_0()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample(1, 1).Inputs;
        var overflowing = new VespoLoss(new VespoShape(2000, 3), new VespoShape(3, 2)); // exp(2000 * 0.5) overflows; 0.5 is the log-ratio of either row
        LossResult result = PolicyObjective.Compute(inputs, new ObjectiveSettings(), SpecExample.Scale, overflowing);
        Assert.AreEqual(0.0, result.Statistics.ToMetrics()["vespo/phi_seq_mean"]);
    }

    [TestMethod]
    public void An_advantage_of_exactly_0_takes_the_positive_shape_of_vespo()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample(0, 0).Inputs;
        Assert.AreEqual(Phi(new VespoShape(2, 3)), Phi(new VespoShape(9, 9)));

        double Phi(VespoShape negative) => PolicyObjective.Compute(
            inputs, new ObjectiveSettings(), SpecExample.Scale, new VespoLoss(new VespoShape(2, 3), negative)).Statistics.ToMetrics()["vespo/phi_seq_mean"];
    }

    [TestMethod]
    public void Cispos_ratio_on_its_bound_counts_as_unclipped()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample(1, 1).Inputs with { Old = null };
        Assert.AreEqual(0.0, Clipped(1));
        Assert.AreEqual(1.0, Clipped(.999));

        double Clipped(double bound) =>
            PolicyObjective.Compute(inputs, new ObjectiveSettings(), SpecExample.Scale, new CispoLoss(bound)).Statistics.ToMetrics()["cispo_clip_ratio"];
    }

    [TestMethod]
    public void Dr_grpo_without_the_longest_completion_is_refused()
    {
        using var scope = NewDisposeScope();
        var error = Assert.ThrowsExactly<ArgumentException>(() =>
            PolicyObjective.Compute(new SpecExample().Inputs, new ObjectiveSettings(), new LossScale(2, 20, 1, 1), new DrGrpoLoss(.2, .2)));
        StringAssert.Contains(error.Message, "MaxCompletionTokens is 0. Set it to the longest completion that the rollout allowed.");
    }

    private static void Check(PolicyLoss loss, double value, double[] gradient)
    {
        using var scope = NewDisposeScope();
        var example = new SpecExample();
        LossResult result = PolicyObjective.Compute(example.Inputs, new ObjectiveSettings(), SpecExample.Scale, loss);
        Near.AreEqual(value, result.Loss.item<double>(), Printed, "loss");
        Near.AreEqual(gradient, example.Gradient(result), Printed, "gradient");
    }
}
