using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class NormalisersTests
{
    [TestMethod]
    public void The_mean_over_rows_is_divided_by_the_slices_rows_and_the_windows_slices()
    {
        using var scope = NewDisposeScope();
        Tensor loss = Normalisers.MeanOverRows(PerToken(), Mask(), new LossScale(SliceRows: 4, RolloutTokens: 100, Accumulation: 2, SlicesPerRollout: 8));
        Near.AreEqual((((1 + 2) / 2.0) + 4) / (4 * 2), loss.item<double>(), 1e-15, "loss");
    }

    [TestMethod]
    public void The_mean_over_tokens_shares_the_rollouts_tokens_among_its_slices()
    {
        using var scope = NewDisposeScope();
        Tensor loss = Normalisers.MeanOverRolloutTokens(PerToken(), Mask(), new LossScale(SliceRows: 4, RolloutTokens: 100, Accumulation: 2, SlicesPerRollout: 8));
        Near.AreEqual((1 + 2 + 4) / (100.0 * 2 / 8), loss.item<double>(), 1e-15, "loss");
    }

    [TestMethod]
    public void The_other_means_are_of_the_slice_and_divided_by_the_windows_slices()
    {
        using var scope = NewDisposeScope();
        LossScale scale = new LossScale(SliceRows: 4, RolloutTokens: 100, Accumulation: 3, SlicesPerRollout: 8) with { SliceTokens = 5, MaxCompletionTokens = 10 };
        Near.AreEqual((1 + 2 + 4) / (4.0 * 3), Normalisers.MeanOfRowSums(PerToken(), Mask(), scale).item<double>(), 1e-15, "rows");
        Near.AreEqual((1 + 2 + 4) / (5.0 * 3), Normalisers.MeanOverSliceTokens(PerToken(), Mask(), scale).item<double>(), 1e-15, "tokens");
        Near.AreEqual((1 + 2 + 4) / (4.0 * 10 * 3), Normalisers.MeanOverAllowedTokens(PerToken(), Mask(), scale).item<double>(), 1e-15, "allowed tokens");
    }

    [TestMethod]
    public void A_rollout_without_tokens_is_divided_by_1()
    {
        using var scope = NewDisposeScope();
        Tensor loss = Normalisers.MeanOverRolloutTokens(PerToken(), Mask(), new LossScale(1, 0, 1, 1));
        Assert.AreEqual(7.0, loss.item<double>());
    }

    private static Tensor PerToken() => tensor(new double[,] { { 1, 2, 3 }, { 4, 5, 6 }, { 7, 8, 9 } });

    private static Tensor Mask() => tensor(new double[,] { { 1, 1, 0 }, { 1, 0, 0 }, { 0, 0, 0 } });
}
