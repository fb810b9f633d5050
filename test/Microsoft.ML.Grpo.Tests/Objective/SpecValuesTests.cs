using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The worked example under every loss, level, mask and correction. Worked twice: by a scalar program with central differences, and with autograd.</summary>
[TestClass]
public class SpecValuesTests
{
    private const double Printed = 1e-6;

    private static readonly ObjectiveSettings Dapo = new();
    private static readonly ObjectiveSettings Vespo = new() { LossType = LossType.Vespo };

    [TestMethod]
    public void Bnpo() => Check(new() { LossType = LossType.Bnpo }, 0.617415, -.126305, -.093569, 0, 0, 0, .185714, .226832, .413315);

    [TestMethod]
    public void Dr_grpo() => Check(new() { LossType = LossType.DrGrpo }, 0.270119, -.055259, -.040937, 0, 0, 0, .081250, .099239, .180825);

    [TestMethod]
    public void Grpo_of_sequences() => Check(
        new() { LossType = LossType.Grpo, RatioLevel = RatioLevel.Sequence }, 0.264002, -.157515, -.157515, -.157515, 0, .184137, .184137, .184137, .184137);

    [TestMethod]
    public void Dapo_of_sequences() => Check(
        Dapo with { RatioLevel = RatioLevel.Sequence }, 0.152855, -.047254, -.047254, -.047254, 0, .073655, .073655, .073655, .073655);

    [TestMethod]
    public void Grpo_with_delta_inside_the_range() => Check(
        new() { LossType = LossType.Grpo, Delta = 1.1, EpsilonHigh = .28 }, 0.296481, 0, -.109164, 0, 0, 0, .162500, .198478, 0);

    [TestMethod]
    public void Dapo_with_delta() => Check(Dapo with { Delta = 1.5 }, 0.168935, -.044207, -.032749, 0, 0, 0, .065000, .079391, 0);

    [TestMethod]
    public void Cispo() => Check(
        new() { LossType = LossType.Cispo, EpsilonHigh = 5 }, -0.186275, -.044207, -.032749, -.072885, 0, .039424, .065000, .079391, .144660);

    [TestMethod]
    public void Sapo() => Check(new() { LossType = LossType.Sapo }, 0.492695, -.146949, -.108272, -.206116, 0, .094472, .162500, .195820, .245295);

    [TestMethod]
    public void Luspo_of_sequences() => Check(
        new() { LossType = LossType.Luspo, RatioLevel = RatioLevel.Sequence }, 1.528553, -.472544, -.472544, -.472544, 0, .736546, .736546, .736546, .736546);

    [TestMethod]
    public void Luspo_of_tokens() => Check(new() { LossType = LossType.Luspo }, 2.160953, -.442068, -.327492, 0, 0, 0, .650000, .793912, 1.446602);

    [TestMethod]
    public void Vespo_without_correction() => Check(Vespo, -0.303239, -.015529, -.015529, -.015529, 0, .079594, .079594, .079594, .079594);

    [TestMethod]
    public void Vespo_sees_the_IS_ratio_whatever_route_it_comes_by()
    {
        var settings = Vespo with { Correction = new(CorrectionMode.TokenTruncate, null, 3) };
        Check(settings, -0.302479, -.015529, -.015529, -.015529, 0, .079414, .079414, .079414, .079414);
        using var scope = NewDisposeScope();
        var example = new SpecExample();
        LossResult first = example.Compute(settings);
        LossResult later = PolicyObjective.Compute(example.Inputs with { Old = first.Old, Correction = first.Correction, Sampler = null }, settings, SpecExample.Scale);
        Assert.AreEqual(first.Loss.item<double>(), later.Loss.item<double>());
    }

    [TestMethod]
    public void Vespo_forgets_a_completion_with_a_masked_ratio() => Check(
        Vespo with { Correction = new(CorrectionMode.TokenMask, .8, 1.2) }, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    [TestMethod]
    public void Dapo_with_token_truncate() => Check(
        Dapo with { Correction = new(CorrectionMode.TokenTruncate, null, 3) }, 0.179171, -.059673, -.032749, 0, 0, 0, .053217, .079391, .096969);

    [TestMethod]
    public void Dapo_with_token_mask() => Check(
        Dapo with { Correction = new(CorrectionMode.TokenMask, .8, 1.2) }, 0.099859, 0, -.032749, 0, 0, 0, .053217, .079391, 0);

    [TestMethod]
    public void Dapo_with_sequence_truncate() => Check(
        Dapo with { Correction = new(CorrectionMode.SequenceTruncate, .9, 3) }, 0.181990, -.044207, -.032749, 0, 0, 0, .058500, .071452, .130194);

    [TestMethod]
    public void Dapo_with_sequence_mask() => Check(
        Dapo with { Correction = new(CorrectionMode.SequenceMask, .9, 3) }, -0.124956, -.044207, -.032749, 0, 0, 0, 0, 0, 0);

    [TestMethod]
    public void The_IS_ratio_does_not_weigh_the_KL() => Check(
        Dapo with { Beta = .1, BiasCorrectedKl = false, Correction = new(CorrectionMode.TokenTruncate, null, 3) },
        0.179704, -.058767, -.033275, .000906, 0, -.001107, .054124, .078865, .097875);

    [TestMethod]
    public void Grpo_without_the_completion_that_was_left_behind() => Check(
        new() { LossType = LossType.Grpo, OffPolicyMaskThreshold = -.1 }, -0.416520, -.147356, -.109164, 0, 0, 0, 0, 0, 0);

    [TestMethod]
    public void The_off_policy_mask_does_not_weigh_the_KL()
    {
        using var scope = NewDisposeScope();
        double With(double? threshold, double beta) => new SpecExample().Compute(new() { LossType = LossType.Grpo, OffPolicyMaskThreshold = threshold, Beta = beta }).Loss.item<double>();
        Near.AreEqual(With(null, .1) - With(null, 0), With(-.1, .1) - With(-.1, 0), 1e-12, "share of the KL");
    }

    [TestMethod]
    public void The_policy_ratio_of_a_sequence_weighs_the_KL_of_its_tokens()
    {
        using var scope = NewDisposeScope();
        var settings = Dapo with { RatioLevel = RatioLevel.Sequence, Beta = 1 };
        var metrics = new SpecExample().Compute(settings).Statistics.ToMetrics();
        double[] differences = [-.2, .1, -.2, .2, -.2, .1, -.2]; // ref - lp
        double[] k3 = [.. differences.Select(x => Math.Exp(x) - x - 1)];
        double expected = ((k3[..3].Sum() * Math.Exp(.5 / 3)) + (k3[3..].Sum() * Math.Exp(.5 / 4))) / 7;
        Near.AreEqual(expected, metrics["kl"], 1e-12, "kl");
    }

    private static void Check(ObjectiveSettings settings, double loss, params double[] gradient)
    {
        using var scope = NewDisposeScope();
        var example = new SpecExample();
        LossResult result = example.Compute(settings);
        Near.AreEqual(loss, result.Loss.item<double>(), Printed, "loss");
        Near.AreEqual(gradient, example.Gradient(result), Printed, "gradient");
    }
}
