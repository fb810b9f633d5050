using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class OffPolicyMaskTests
{
    [TestMethod]
    public void A_completion_on_the_threshold_is_kept_and_one_beyond_it_is_not()
    {
        Assert.IsTrue(IsKept(advantage: -1, drift: .25, threshold: .25));
        Assert.IsFalse(IsKept(advantage: -1, drift: .25, threshold: Math.BitDecrement(.25)));
    }

    [TestMethod]
    public void A_completion_that_did_not_do_badly_is_kept_however_far_it_drifted()
    {
        Assert.IsTrue(IsKept(advantage: 1, drift: 9, threshold: 0));
        Assert.IsTrue(IsKept(advantage: 0, drift: 9, threshold: 0));
        Assert.IsFalse(IsKept(advantage: -1e-9, drift: 9, threshold: 0));
    }

    [TestMethod]
    public void Without_a_sampler_the_drift_is_from_the_old_log_probs()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample(-1, -1).Inputs; // drifts: of the sampler -.1667 and -.075, of old -.1667 and -.125
        CollectionAssert.AreEqual(new double[] { 1, 0 }, Kept(inputs, -.1));
        CollectionAssert.AreEqual(new double[] { 1, 1 }, Kept(inputs with { Sampler = null }, -.1));
        CollectionAssert.AreEqual(new double[] { 1, 0 }, Kept(inputs with { Sampler = null }, -.13));
    }

    [TestMethod]
    public void A_token_that_the_sampler_did_not_say_adds_nothing_and_still_counts()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample(-1, -1).Inputs with { Sampler = SpecExample.Rows(-.9, -1, -.6, 0, double.NaN, -.5, -1.3, -.8) };
        double kappa = (.2 - .2 - .4) / 4;
        CollectionAssert.AreEqual(new double[] { 1, 1 }, Kept(inputs, kappa + 1e-9));
        CollectionAssert.AreEqual(new double[] { 1, 0 }, Kept(inputs, kappa - 1e-9));
    }

    [TestMethod]
    public void A_completion_without_tokens_has_not_drifted()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample(-1, -1).Inputs with { Mask = SpecExample.Rows(0, 0, 0, 0, 1, 1, 1, 1) };
        Assert.AreEqual(1.0, Kept(inputs, 0)[0]);
        Assert.AreEqual(0.0, Kept(inputs, -1e-9)[0]);
    }

    private static bool IsKept(double advantage, double drift, double threshold)
    {
        using var scope = NewDisposeScope();
        return Kept(new(zeros(1, 1, ScalarType.Float64).requires_grad_(), tensor(new[,] { { drift } }), null, null, tensor(new[,] { { advantage } }), ones(1, 1)), threshold)[0] == 1;
    }

    private static double[] Kept(LossInputs inputs, double threshold)
    {
        Tensor mask = OffPolicyMask.Of(MaskedInputs.From(inputs, CorrectionSettings.Off), threshold);
        Assert.IsFalse(mask.requires_grad);
        return Near.Doubles(mask);
    }
}
