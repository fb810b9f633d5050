using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>What only some losses have: their bounds, their shapes, their metrics.</summary>
[TestClass]
public class FurtherLossesTests
{
    private const double Printed = 1e-6;

    [TestMethod]
    public void Cispos_bound_is_the_ratio_itself_not_its_distance_from_1() => Check(
        new CispoLoss(.2), -0.038600, [-.008, -.008, -.008, 0, .013, .013, .013, .013]);

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
    public void An_advantage_of_exactly_0_is_never_counted_as_clipped_by_cispo()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample(0, 0).Inputs with { Old = null };
        var metrics = PolicyObjective.Compute(inputs, new ObjectiveSettings(), SpecExample.Scale, new CispoLoss(.999)).Statistics.ToMetrics();
        Assert.AreEqual(0.0, metrics["cispo_clip_ratio"]);
    }

    [TestMethod]
    public void Sapos_temperatures_are_those_of_positive_and_of_other_advantages()
    {
        using var scope = NewDisposeScope();
        double loss = PolicyObjective.Compute(new SpecExample().Inputs, new ObjectiveSettings(), SpecExample.Scale, new SapoLoss(.5, 2)).Loss.item<double>();
        double first = new[] { .1, -.2, .6 }.Average(difference => -.8 * Gate(.5, difference));
        double second = new[] { -.5, 0, .2, .8 }.Average(difference => 1.3 * Gate(2, difference));
        Near.AreEqual((first + second) / 2, loss, 1e-12, "loss");

        static double Gate(double tau, double difference) => 4 / tau / (1 + Math.Exp(-tau * (Math.Exp(difference) - 1)));
    }

    [TestMethod]
    public void Dr_grpo_without_the_longest_completion_is_refused()
    {
        using var scope = NewDisposeScope();
        var error = Assert.ThrowsExactly<ArgumentException>(() =>
            PolicyObjective.Compute(new SpecExample().Inputs, new ObjectiveSettings(), new LossScale(2, 20, 1, 1), new DrGrpoLoss(.2, .2)));
        StringAssert.Contains(error.Message, "MaxCompletionTokens is 0. Set it to the longest completion that the rollout allowed.");
    }

    [TestMethod]
    public void Bnpo_without_the_tokens_of_the_slice_is_refused()
    {
        using var scope = NewDisposeScope();
        var error = Assert.ThrowsExactly<ArgumentException>(() =>
            PolicyObjective.Compute(new SpecExample().Inputs, new ObjectiveSettings { LossType = LossType.Bnpo }, new LossScale(2, 20, 1, 1)));
        StringAssert.Contains(error.Message, "SliceTokens is 0, but the micro-batch has 7 tokens that carry loss. Set it to the slice's tokens that do.");
    }

    [TestMethod]
    public void The_settings_reach_every_loss()
    {
        (ObjectiveSettings Settings, PolicyLoss Loss)[] pairs =
        [
            .. new[] { LossType.Dapo, LossType.Grpo, LossType.Bnpo, LossType.DrGrpo, LossType.Luspo }.Select(type => (
                new ObjectiveSettings { LossType = type, EpsilonLow = .1, EpsilonHigh = .3, Delta = 1.4 }, Clipped(type))),
            (new() { LossType = LossType.Cispo, EpsilonHigh = 1.1 }, new CispoLoss(1.1)),
            (new() { LossType = LossType.Sapo, SapoTemperaturePositive = .5, SapoTemperatureNegative = 2 }, new SapoLoss(.5, 2)),
            (new() { LossType = LossType.Vespo, VespoPositive = new(1, 2), VespoNegative = new(.5, 1.5) }, new VespoLoss(new(1, 2), new(.5, 1.5))),
        ];
        foreach (var (settings, loss) in pairs)
        {
            using var scope = NewDisposeScope();
            double expected = PolicyObjective.Compute(new SpecExample().Inputs, new(), SpecExample.Scale, loss).Loss.item<double>();
            Assert.AreEqual(expected, new SpecExample().Compute(settings).Loss.item<double>(), settings.LossType.ToString());
            Assert.AreNotEqual(expected, new SpecExample().Compute(new() { LossType = settings.LossType }).Loss.item<double>());
        }

        static PolicyLoss Clipped(LossType type) => type switch
        {
            LossType.Dapo => new DapoLoss(.1, .3, 1.4),
            LossType.Grpo => new GrpoLoss(.1, .3, 1.4),
            LossType.Bnpo => new BnpoLoss(.1, .3, 1.4),
            LossType.DrGrpo => new DrGrpoLoss(.1, .3, 1.4),
            _ => new LuspoLoss(.1, .3, 1.4),
        };
    }

    [TestMethod]
    public void Vespos_lambda_is_at_least_one_in_ten_thousand()
    {
        using var scope = NewDisposeScope();
        double Phi(double lambda) => PolicyObjective.Compute(
            new SpecExample(1, 1).Inputs, new(), SpecExample.Scale, new VespoLoss(new(2, lambda), new(3, 2))).Statistics.ToMetrics()["vespo/phi_seq_mean"];
        Assert.AreEqual(Phi(1e-4), Phi(0));
        Assert.AreNotEqual(Phi(1e-4), Phi(1e-3));
    }

    [TestMethod]
    [DataRow(-30.0, 0.0, -18.420680743952367, .1)]
    [DataRow(-15.0, -15.0, -18.420680743952367, .1)]
    [DataRow(-30.0, 15.0, -5.0, .1)]
    [DataRow(30.0, -15.0, 5.0, .1)]
    [DataRow(15.0, 15.0, 20.0, 2425.9)] // so large a power that phi is not 0 there
    public void Vespos_log_ratios_are_bounded_by_20_each_and_their_sum_by_the_least_weight(double first, double second, double q, double k)
    {
        using var scope = NewDisposeScope();
        var inputs = new LossInputs(
            tensor(new[,] { { first, second } }).requires_grad_(), zeros(1, 2, ScalarType.Float64), null, null, tensor(new[,] { { 1.0 } }), ones(1, 2));
        var vespo = new VespoLoss(new(k, 1e-4), new(9, 9));
        double phi = PolicyObjective.Compute(inputs, new(), new(1, 2, 1, 1), vespo).Statistics.ToMetrics()["vespo/phi_seq_mean"];
        double expected = Math.Exp(1e-4 + (k * q) - (1e-4 * Math.Exp(q)));
        Assert.IsGreaterThan(0.0, expected);
        Near.AreEqual(expected, phi, 1e-9, "phi");
    }

    [TestMethod]
    public void Vespos_IS_ratios_are_bounded_each_by_the_least_weight_and_20()
    {
        using var scope = NewDisposeScope();
        var inputs = new LossInputs(
            zeros(1, 2, ScalarType.Float64).requires_grad_(), null, null, null, tensor(new[,] { { 1.0 } }), ones(1, 2), null, tensor(new[,] { { 0.0, Math.Exp(25) } }));
        var settings = new ObjectiveSettings { Correction = new(CorrectionMode.TokenTruncate, null, null) };
        double phi = PolicyObjective.Compute(inputs, settings, new(1, 2, 1, 1), new VespoLoss(new(.1, 1e-4), new(9, 9))).Statistics.ToMetrics()["vespo/phi_seq_mean"];
        double q = Math.Log(1e-8) + 20;
        Near.AreEqual(Math.Exp(1e-4 + (.1 * q) - (1e-4 * Math.Exp(q))), phi, 1e-12, "phi");
    }

    [TestMethod]
    [DataRow(CorrectionMode.SequenceMask)]
    [DataRow(CorrectionMode.SequenceTruncate)]
    public void Vespo_is_refused_with_one_IS_ratio_a_completion(CorrectionMode mode)
    {
        using var scope = NewDisposeScope();
        var settings = new ObjectiveSettings { LossType = LossType.Vespo, Correction = new(mode, null, 3) };
        var error = Assert.ThrowsExactly<ArgumentException>(() => new SpecExample().Compute(settings));
        StringAssert.Contains(error.Message, $"Vespo weighs a completion by the IS ratios of its tokens, and {mode} has none. Set ImportanceSampling.Mode to TokenTruncate, TokenMask or Off, or another loss type.");
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
