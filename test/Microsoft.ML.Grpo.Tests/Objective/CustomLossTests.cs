using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class CustomLossTests
{
    [TestMethod]
    [DataRow(LossMean.RolloutTokens, LossType.Dapo)]
    [DataRow(LossMean.Completions, LossType.Grpo)]
    [DataRow(LossMean.SliceTokens, LossType.Bnpo)]
    [DataRow(LossMean.AllowedTokens, LossType.DrGrpo)]
    public void A_copy_of_a_built_in_loss_gives_its_numbers_on_every_route(LossMean mean, LossType type)
    {
        PolicyLoss copy = PolicyLoss.Custom("copy", Clipped, mean);
        foreach (ObjectiveSettings settings in SpecExample.Everything.Where(all => all.LossType == type).Select(all => all with { Delta = null }))
        {
            using var scope = NewDisposeScope();
            LossScale scale = SpecExample.Scale with { Accumulation = 3, EntropyCoefficient = .5 };
            var (builtIn, custom) = (new SpecExample(), new SpecExample());
            LossResult expected = PolicyObjective.Compute(WithEntropy(builtIn), settings, scale);
            LossResult actual = PolicyObjective.Compute(WithEntropy(custom), settings with { LossType = default, CustomLoss = copy }, scale);
            Assert.AreEqual(expected.Loss.item<double>(), actual.Loss.item<double>());
            CollectionAssert.AreEqual(builtIn.Gradient(expected), custom.Gradient(actual));
            var (wanted, metrics) = (expected.Statistics.ToMetrics(), actual.Statistics.ToMetrics());
            Assert.AreEqual(wanted["policy_loss"], metrics["policy_loss"]);
            Assert.IsEmpty(metrics.Keys.Except(wanted.Keys));
            Assert.IsFalse(metrics.ContainsKey("clip_ratio/low_mean"));
        }

        static LossInputs WithEntropy(SpecExample example) => example.Inputs with { Entropy = SpecExample.Rows(1, 2, 3, 4, 5, 6, 7, 8) };
    }

    [TestMethod]
    public void The_function_sees_masked_log_probs_advantages_and_mask()
    {
        using var scope = NewDisposeScope();
        PolicyLossTerms? seen = null;
        PolicyLoss loss = PolicyLoss.Custom("look", terms =>
        {
            seen = new(terms.Lp.alias(), terms.Old.alias(), terms.LogRatio.alias(), terms.Advantages.alias(), terms.Mask.alias());
            CollectionAssert.AreEqual(new[] { -.5, -1.2, -.3, 0, -2, -.7, -1.1, -.4 }, Near.Doubles(terms.Lp));
            CollectionAssert.AreEqual(new[] { -.6, -1, -.9, 0, -1.5, -.7, -1.3, -1.2 }, Near.Doubles(terms.Old));
            Near.AreEqual([.5 / 3, .5 / 4], Near.Doubles(terms.LogRatio), 1e-12, "log-ratio");
            CollectionAssert.AreEqual(new[] { .8, -1.3 }, Near.Doubles(terms.Advantages));
            CollectionAssert.AreEqual(new double[] { 1, 1, 1, 0, 1, 1, 1, 1 }, Near.Doubles(terms.Mask));
            return terms.Lp;
        });
        PolicyObjective.Compute(new SpecExample().Inputs, new() { CustomLoss = loss, RatioLevel = RatioLevel.Sequence }, SpecExample.Scale);
        Assert.IsNotNull(seen);
    }

    [TestMethod]
    public void What_it_returns_at_padding_does_not_matter()
    {
        using var scope = NewDisposeScope();
        PolicyLoss loss = PolicyLoss.Custom("garbage", terms => terms.Lp.masked_fill(terms.Mask == Scalars.Of(0), Scalars.Of(double.NaN)));
        double value = new SpecExample().Compute(new() { CustomLoss = loss }).Loss.item<double>();
        Near.AreEqual((-.5 - 1.2 - .3 - 2 - .7 - 1.1 - .4) / 20, value, 1e-12, "loss");
    }

    [TestMethod]
    public void A_completion_without_loss_counts_nothing_whatever_its_term_is()
    {
        using var scope = NewDisposeScope();
        PolicyLoss loss = PolicyLoss.Custom("mean of tokens", terms => (terms.Lp * terms.Mask).sum(1, keepdim: true) / terms.Mask.sum(1, keepdim: true));
        var example = new SpecExample();
        LossInputs inputs = example.Inputs with { Mask = SpecExample.Rows(1, 1, 1, 0, 0, 0, 0, 0) };
        LossResult result = PolicyObjective.Compute(inputs, new() { CustomLoss = loss }, SpecExample.Scale);
        Near.AreEqual(3 * (-2.0 / 3) / 20, result.Loss.item<double>(), 1e-12, "loss");
        Near.AreEqual([.05, .05, .05, 0, 0, 0, 0, 0], example.Gradient(result), 1e-12, "gradient");
    }

    [TestMethod]
    public void One_term_a_completion_is_that_of_each_of_its_tokens()
    {
        using var scope = NewDisposeScope();
        PolicyLoss loss = PolicyLoss.Custom("rows", terms => terms.Lp.sum(1, keepdim: true));
        double value = new SpecExample().Compute(new() { CustomLoss = loss }).Loss.item<double>();
        Near.AreEqual(((3 * -2) + (4 * -4.2)) / 20, value, 1e-12, "loss");
    }

    [TestMethod]
    public void Terms_of_another_shape_or_without_a_gradient_are_refused_by_the_losss_name()
    {
        Refuses(_ => null!, "returned null. Return the terms of tokens, [2, 4] or [2, 1], computed from the log-probs so that they have a gradient.");
        Refuses(terms => terms.Lp.detach(), "returned a tensor [2, 4] without a gradient. ");
        Refuses(terms => terms.Lp.sum(), "returned a tensor []. ");
        Refuses(terms => terms.Lp.sum(1), "returned a tensor [2]. ");
        Refuses(terms => terms.Lp.sum(0, keepdim: true), "returned a tensor [1, 4]. ");
        Refuses(terms => terms.Lp.narrow(1, 0, 3), "returned a tensor [2, 3]. ");

        static void Refuses(Func<PolicyLossTerms, Tensor> function, string message)
        {
            using var scope = NewDisposeScope();
            var error = Assert.ThrowsExactly<InvalidOperationException>(() => new SpecExample().Compute(new() { CustomLoss = PolicyLoss.Custom("mine", function) }));
            StringAssert.Contains(error.Message, "The custom loss 'mine' " + message);
        }
    }

    [TestMethod]
    public void Where_gradients_are_off_it_needs_none()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        PolicyLoss loss = PolicyLoss.Custom("mine", terms => terms.Lp);
        Assert.IsFalse(new SpecExample().Compute(new() { CustomLoss = loss }).Loss.requires_grad);
    }

    [TestMethod]
    public void Name_and_contract_are_those_given_and_the_contract_of_built_in_losses_is_any_route()
    {
        PolicyLoss loss = PolicyLoss.Custom("mine", terms => terms.Lp, contract: LossContract.PrecomputedOld);
        Assert.AreEqual("mine", ((CustomLoss)loss).Name);
        Assert.AreEqual(LossContract.PrecomputedOld, loss.Contract);
        Assert.AreEqual(LossContract.AnyRoute, PolicyLoss.Custom("mine", terms => terms.Lp).Contract);
        Assert.AreEqual(LossContract.AnyRoute, PolicyLoss.For(new()).Contract);
    }

    [TestMethod]
    public void A_loss_without_name_or_function_or_with_an_unknown_member_is_refused()
    {
        Assert.ThrowsExactly<ArgumentException>(() => PolicyLoss.Custom(" ", terms => terms.Lp));
        Assert.ThrowsExactly<ArgumentNullException>(() => PolicyLoss.Custom(null!, terms => terms.Lp));
        Assert.ThrowsExactly<ArgumentNullException>(() => PolicyLoss.Custom("mine", null!));
        var mean = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => PolicyLoss.Custom("mine", terms => terms.Lp, (LossMean)9));
        StringAssert.Contains(mean.Message, "LossMean is none of RolloutTokens, Completions, SliceTokens, AllowedTokens. Give one of them.");
        Assert.AreEqual("mean", mean.ParamName);
        var contract = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => PolicyLoss.Custom("mine", terms => terms.Lp, contract: (LossContract)9));
        Assert.AreEqual("contract", contract.ParamName);
    }

    private static Tensor Clipped(PolicyLossTerms terms)
    {
        Tensor c1 = terms.LogRatio.exp();
        return -minimum(c1 * terms.Advantages, c1.clamp(Scalars.Of(.8), Scalars.Of(1.2)) * terms.Advantages);
    }

    [TestMethod]
    public void An_error_inside_it_names_it_and_the_shapes_of_its_terms()
    {
        using var scope = NewDisposeScope();
        PolicyLoss loss = PolicyLoss.Custom("mine", terms => terms.Lp * ones(3, 3));
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => PolicyObjective.Compute(new SpecExample().Inputs, new() { CustomLoss = loss }, SpecExample.Scale));
        StringAssert.StartsWith(error.Message, "The custom loss 'mine' failed: ");
        StringAssert.EndsWith(error.Message, "Its terms are [2, 4], the log-ratio [2, 4], advantages [2, 1]; they must not be changed or disposed.");
        Assert.IsNotNull(error.InnerException);
    }
}
