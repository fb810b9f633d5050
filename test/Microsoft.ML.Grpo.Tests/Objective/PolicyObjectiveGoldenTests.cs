using System.Text.Json;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class PolicyObjectiveGoldenTests
{
    private const double Float64Bound = 1e-9;

    /// <summary>The reference computes means over a boolean mask in float32.</summary>
    private const double Float32Bound = 2e-7;

    private static string Committed => Path.Combine(AppContext.BaseDirectory, "TestData", "objective");

    [TestMethod]
    public void Losses_gradients_and_metrics_are_the_references_in_the_committed_cases() => CheckLosses(Committed, 21);

    [TestMethod]
    public void Losses_gradients_and_metrics_are_the_references_in_all_cases() => CheckLosses(SharedGoldens.Require("objective"), 188);

    [TestMethod]
    public void The_samplers_mismatch_is_the_references_in_the_committed_case() => CheckMismatch(Committed, 1);

    [TestMethod]
    public void The_samplers_mismatch_is_the_references_in_all_cases() => CheckMismatch(SharedGoldens.Require("objective"), 233);

    private static void CheckLosses(string directory, int expectedCases)
    {
        List<GoldenCase> cases = GoldenCase.Read(directory).FindAll(one => one.IsCovered);
        Assert.HasCount(expectedCases, cases);
        foreach (GoldenCase one in cases)
        {
            using var scope = NewDisposeScope();
            LossInputs inputs = one.Inputs();
            LossResult result = PolicyObjective.Compute(inputs, one.Settings, one.Scale, one.Loss);
            result.Loss.backward();

            Near.AreEqual(one.Json.GetProperty("loss").GetDouble(), result.Loss.item<double>(), Float64Bound, one.Name);
            double[] gradient = [.. one.Json.GetProperty("grad_lp").EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(g => g.GetDouble())];
            Near.AreEqual(gradient, Near.Doubles(inputs.Lp.grad!), Float64Bound, one.Name + " gradient");

            var metrics = result.Statistics.ToMetrics();
            string[] ofLosses = [.. one.Json.GetProperty("metrics").EnumerateObject().Select(metric => metric.Name).Where(IsOfLoss)];
            CollectionAssert.AreEquivalent(ofLosses, metrics.Keys.Where(IsOfLoss).ToArray(), one.Name);
            foreach (string name in ofLosses)
            {
                CheckMetric(one, metrics, name, name.Contains("clip_ratio", StringComparison.Ordinal) ? Float32Bound : Float64Bound);
            }
        }
    }

    /// <summary>Not the metrics of rollout and rewards; those of the sampler have a test of their own.</summary>
    private static bool IsOfLoss(string metric) =>
        metric is "kl" or "entropy" or "cispo_clip_ratio" or "vespo/phi_seq_mean" || metric.StartsWith("clip_ratio/", StringComparison.Ordinal);

    private static void CheckMismatch(string directory, int expectedCases)
    {
        List<GoldenCase> cases = GoldenCase.Read(directory).FindAll(one => one.IsCorrected);
        Assert.HasCount(expectedCases, cases);
        foreach (GoldenCase one in cases)
        {
            using var scope = NewDisposeScope();
            var metrics = PolicyObjective.Compute(one.Inputs(), new ObjectiveSettings(), one.Scale).Statistics.ToMetrics();
            CheckMetric(one, metrics, "sampling/sampling_logp_difference/mean", Float64Bound);
            CheckMetric(one, metrics, "sampling/sampling_logp_difference/max", Float64Bound);
        }
    }

    private static void CheckMetric(GoldenCase one, IReadOnlyDictionary<string, double> metrics, string name, double bound)
    {
        JsonElement expected = one.Json.GetProperty("metrics").GetProperty(name);
        Near.AreEqual(expected.ValueKind == JsonValueKind.Null ? double.NaN : expected.GetDouble(), metrics[name], bound, $"{one.Name} {name}");
    }
}
