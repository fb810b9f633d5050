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
    public void A_rollout_without_tokens_is_divided_by_1()
    {
        using var scope = NewDisposeScope();
        Tensor loss = Normalisers.MeanOverRolloutTokens(PerToken(), Mask(), new LossScale(1, 0, 1, 1));
        Assert.AreEqual(7.0, loss.item<double>());
    }

    private static Tensor PerToken() => tensor(new double[,] { { 1, 2, 3 }, { 4, 5, 6 }, { 7, 8, 9 } });

    private static Tensor Mask() => tensor(new double[,] { { 1, 1, 0 }, { 1, 0, 0 }, { 0, 0, 0 } });
}
