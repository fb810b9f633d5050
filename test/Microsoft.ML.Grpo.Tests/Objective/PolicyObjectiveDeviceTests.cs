using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class PolicyObjectiveDeviceTests
{
    /// <summary>Not backward: the gradient of a clamp is made with <c>where</c>, which has no meta kernel.</summary>
    [TestMethod]
    public void Every_loss_level_and_correction_runs_on_the_meta_device_with_every_input()
    {
        int count = 0;
        foreach (ObjectiveSettings settings in SpecExample.Everything)
        {
            foreach (EntropyCut? cut in new EntropyCut?[] { null, new(2, 3) })
            {
                using var scope = NewDisposeScope();
                Tensor lp = Meta().requires_grad_();
                LossResult result = PolicyObjective.Compute(
                    new LossInputs(lp, Meta(), Meta(), Meta(), empty(2, 1, device: META), Meta(), Meta().requires_grad_()),
                    settings,
                    SpecExample.Scale with { EntropyCoefficient = .5, EntropyCut = cut });
                Assert.IsTrue(result.Loss.requires_grad);
                Assert.AreEqual(DeviceType.META, result.Loss.device_type);
                Assert.AreEqual(DeviceType.META, result.Packed.Values.device_type);
                Assert.AreEqual(ScalarType.Float32, result.Loss.dtype);
                Assert.AreEqual(settings.Correction.IsOn, result.Correction is not null);
                Assert.IsTrue(result.Correction is null || result.Correction.dtype == ScalarType.Float32);
                count++;
            }
        }

        Assert.AreEqual(2 * ((7 * 2 * 5) + (2 * 3)), count);

        static Tensor Meta() => empty(2, 4, device: META);
    }

    [TestMethod]
    public void A_custom_loss_of_tokens_or_of_completions_runs_on_the_meta_device()
    {
        foreach (Func<PolicyLossTerms, Tensor> function in new Func<PolicyLossTerms, Tensor>[] { terms => terms.Lp, terms => terms.Lp.sum(1, keepdim: true) })
        {
            using var scope = NewDisposeScope();
            LossInputs inputs = new(empty(2, 4, device: META).requires_grad_(), null, null, null, empty(2, 1, device: META), empty(2, 4, device: META));
            LossResult result = PolicyObjective.Compute(inputs, new() { CustomLoss = PolicyLoss.Custom("mine", function) }, SpecExample.Scale);
            Assert.AreEqual(DeviceType.META, result.Loss.device_type);
        }
    }

    [TestMethod]
    public void It_leaves_behind_the_loss_the_statistics_the_old_log_probs_and_the_IS_ratio()
    {
        foreach (ObjectiveSettings settings in SpecExample.Everything)
        {
            using var scope = NewDisposeScope();
            LossInputs inputs = new SpecExample().Inputs with { Entropy = SpecExample.Rows(1, 2, 3, 4, 5, 6, 7, 8) };
            long before = scope.DisposablesCount;
            PolicyObjective.Compute(inputs, settings, SpecExample.Scale);
            Assert.AreEqual(before + (settings.Correction.IsOn ? 4 : 3), scope.DisposablesCount);
        }
    }

    [TestMethod]
    public void Float32_agrees_with_float64()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample().Inputs;
        LossInputs single = new(
            Single(inputs.Lp), Single(inputs.Old!), Single(inputs.Sampler!), Single(inputs.Reference!), Single(inputs.Advantages), Single(inputs.Mask));
        LossResult result = PolicyObjective.Compute(single, new ObjectiveSettings(), SpecExample.Scale);
        Assert.AreEqual(ScalarType.Float32, result.Loss.dtype);
        Near.AreEqual(0.216095, result.Loss.item<float>(), 1e-6, "loss");

        static Tensor Single(Tensor values) => values.detach().to(ScalarType.Float32);
    }
}
