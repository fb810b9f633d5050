using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class EntropyMaskTests
{
    private static readonly double[] Five = [3, 1, 5, 2, 4];

    [TestMethod]
    [DataRow(.5, 3.0, 3.0)]     // the median, which is kept
    [DataRow(.2, 4.2, 1.0)]     // .8 of the way: 4 + .2
    [DataRow(.4, 3.4, 2.0)]
    [DataRow(.45, 3.2, 2.0)]
    [DataRow(0.0, 5.0, 1.0)]    // the greatest alone
    [DataRow(.999, 1.004, 4.0)]
    public void The_cut_is_the_quantile_interpolated_linearly(double quantile, double threshold, double tokens)
    {
        using var scope = NewDisposeScope();
        EntropyCut cut = EntropyMask.Find(tensor(Five), ones(5), quantile);
        Near.AreEqual(threshold, cut.Threshold, 1e-6, "threshold"); // in float32, as the reference
        Assert.AreEqual(tokens, cut.Tokens);
    }

    [TestMethod]
    public void The_cut_is_found_in_float32()
    {
        using var scope = NewDisposeScope();
        EntropyCut cut = EntropyMask.Find(tensor(new[] { .1, .3 }), ones(2), 0);
        Assert.AreEqual((double).3f, cut.Threshold);
        Assert.AreEqual(0.0, cut.Tokens, "0.3 is less than the same in float32, as it is to the reference.");
    }

    [TestMethod]
    public void Tokens_without_loss_are_neither_counted_nor_kept_whatever_stands_there()
    {
        using var scope = NewDisposeScope();
        Tensor entropies = tensor(new[,] { { 3, 1, double.NaN }, { 5, 2, 4 } });
        Tensor mask = tensor(new[,] { { 1L, 1, 0 }, { 0, 1, 1 } });
        EntropyCut cut = EntropyMask.Find(entropies, mask, .5);
        Near.AreEqual(2.5, cut.Threshold, 1e-6, "of 1, 2, 3 and 4");
        Assert.AreEqual(2.0, cut.Tokens);
        Tensor zeros = entropies.masked_fill(mask == Scalars.Of(0), Scalars.Of(0));
        CollectionAssert.AreEqual(new double[] { 1, 0, 0, 0, 0, 1 }, Near.Doubles(EntropyMask.Of(zeros, mask.to(ScalarType.Float64), .5, cut).Kept));
    }

    [TestMethod]
    public void A_token_of_no_entropy_is_kept_if_that_is_the_greatest_and_padding_is_not()
    {
        using var scope = NewDisposeScope();
        Tensor mask = tensor(new[,] { { 1.0, 1, 0 } });
        EntropyMask found = EntropyMask.Of(zeros(1, 3, ScalarType.Float64), mask, .5, null);
        CollectionAssert.AreEqual(new double[] { 1, 1, 0 }, Near.Doubles(found.Kept));
        Assert.AreEqual(2.0, found.Tokens.item<double>());
    }

    [TestMethod]
    public void Of_no_token_none_is_kept()
    {
        using var scope = NewDisposeScope();
        Assert.AreEqual(new EntropyCut(double.PositiveInfinity, 0), EntropyMask.Find(tensor(Five), zeros(5), .5));
    }

    [TestMethod]
    public void The_cut_of_a_slice_is_taken_as_it_is_given()
    {
        using var scope = NewDisposeScope();
        EntropyMask given = EntropyMask.Of(tensor(Five).unsqueeze(0), ones(1, 5, ScalarType.Float64), .5, new(4, 17));
        CollectionAssert.AreEqual(new double[] { 0, 0, 1, 0, 1 }, Near.Doubles(given.Kept));
        Assert.AreEqual(17.0, given.Tokens.item<double>());
    }

    [TestMethod]
    public void No_gradient_goes_through_the_choice()
    {
        using var scope = NewDisposeScope();
        Tensor entropies = tensor(Five).unsqueeze(0).requires_grad_();
        Assert.IsFalse(EntropyMask.Of(entropies, ones(1, 5, ScalarType.Float64), .5, null).Kept.requires_grad);
    }

    [TestMethod]
    public void Only_tokens_of_high_entropy_carry_policy_loss_and_all_carry_the_KL()
    {
        using var scope = NewDisposeScope();
        var settings = new ObjectiveSettings { TopEntropyQuantile = .5 };
        Tensor entropies = SpecExample.Rows(1, 9, 1, 9, 1, 1, 9, 9); // three of seven: the median is 1, so all are at least that

        double[] Gradient(ObjectiveSettings one)
        {
            var example = new SpecExample();
            return example.Gradient(PolicyObjective.Compute(example.Inputs with { Entropy = entropies }, one, SpecExample.Scale with { EntropyCut = new(2, 3) }));
        }

        double[] all = new SpecExample() is var plain ? plain.Gradient(plain.Compute(new())) : [];
        double[] cut = Gradient(settings);
        double[] kept = [0, 1, 0, 0, 0, 0, 1, 1];
        Near.AreEqual([.. all.Zip(kept, (g, e) => g * e)], cut, 1e-12, "policy term");
        var withKl = new SpecExample();
        double[] kl = withKl.Gradient(withKl.Compute(new() { Beta = .1 }));
        Near.AreEqual([.. kl.Zip(all, (a, b) => a - b)], [.. Gradient(settings with { Beta = .1 }).Zip(cut, (a, b) => a - b)], 1e-12, "KL");
    }
}
