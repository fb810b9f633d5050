using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class PolicyObjectiveDeviceTests
{
    /// <summary>Not backward: the gradient of a clamp is made with <c>where</c>, which has no meta kernel.</summary>
    [TestMethod]
    public void It_runs_on_the_meta_device_with_every_input()
    {
        foreach (PolicyLoss loss in SpecExample.AllLosses)
        {
            using var scope = NewDisposeScope();
            Tensor lp = Meta().requires_grad_();
            LossResult result = PolicyObjective.Compute(
                new LossInputs(lp, Meta(), Meta(), Meta(), empty(2, 1, device: META), Meta(), Meta()),
                new ObjectiveSettings { Beta = .1 },
                SpecExample.Scale,
                loss);
            Assert.IsTrue(result.Loss.requires_grad);
            Assert.AreEqual(DeviceType.META, result.Loss.device_type);
            Assert.AreEqual(DeviceType.META, result.Packed.Values.device_type);
            Assert.AreEqual(ScalarType.Float32, result.Loss.dtype);
        }

        static Tensor Meta() => empty(2, 4, device: META);
    }

    [TestMethod]
    public void It_leaves_two_tensors_behind_the_loss_and_the_statistics()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample().Inputs;
        long before = scope.DisposablesCount;
        PolicyObjective.Compute(inputs, new ObjectiveSettings { Beta = .1 }, SpecExample.Scale);
        Assert.AreEqual(before + 2, scope.DisposablesCount);
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
