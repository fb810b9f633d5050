using CsCheck;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class PolicyObjectiveSplitTests
{
    private const int Rows = 6;
    private const int Width = 5;

    /// <summary>Which of three micro-batches each row is in; a micro-batch without rows is not run.</summary>
    private static readonly Gen<int[]> Partitions = Gen.Int[0, 2].Array[Rows];

    [TestMethod]
    public void Any_split_of_the_rows_gives_the_same_loss_gradients_and_metrics()
    {
        foreach (ObjectiveSettings settings in SpecExample.Everything)
        {
            Partitions.Sample(partition => Check(partition, settings), iter: 2, threads: 1);
        }
    }

    [TestMethod]
    public void Any_split_of_the_rows_gives_the_same_bonus_without_a_cut() =>
        Partitions.Sample(partition => Check(partition, new ObjectiveSettings { EntropyBonus = true }), iter: 10, threads: 1);

    private static void Check(int[] partition, ObjectiveSettings settings)
    {
        using var scope = NewDisposeScope();
        LossInputs whole = Inputs();
        LossScale scale = new(Rows, whole.Mask.sum().item<double>() + 11, Accumulation: 3, SlicesPerRollout: 2)
        {
            SliceTokens = whole.Mask.sum().item<double>(),
            MaxCompletionTokens = 9,
            EntropyCoefficient = .3,
        };

        // The whole slice finds its cut itself; a part cannot.
        LossResult expected = PolicyObjective.Compute(whole, settings, scale);
        expected.Loss.backward();
        LossScale partScale = scale with { EntropyCut = settings.TopEntropyQuantile < 1 ? EntropyMask.Find(whole.Entropy!, whole.Mask, settings.TopEntropyQuantile) : null };

        LossInputs parts = Inputs();
        var (loss, statistics) = (0.0, LossStatistics.Empty);
        foreach (var rows in Enumerable.Range(0, Rows).GroupBy(row => partition[row]))
        {
            Tensor index = tensor(rows.Select(row => (long)row).ToArray());
            LossResult part = PolicyObjective.Compute(
                new LossInputs(
                    parts.Lp[index], parts.Old![index], parts.Sampler![index], parts.Reference![index], parts.Advantages[index], parts.Mask[index], parts.Entropy![index]),
                settings,
                partScale);
            part.Loss.backward();
            loss += part.Loss.item<double>();
            statistics += part.Statistics;
        }

        string what = settings.ToString();
        Near.AreEqual(expected.Loss.item<double>(), loss, 1e-12, what);
        Near.AreEqual(Near.Doubles(whole.Lp.grad!), Near.Doubles(parts.Lp.grad!), 1e-12, what);
        Near.AreEqual(Near.Doubles(whole.Entropy!.grad!), Near.Doubles(parts.Entropy!.grad!), 1e-12, what);
        Near.AreEqual(expected.Statistics.BonusEntropy.Sum, statistics.BonusEntropy.Sum, 1e-12, what);
        Assert.AreEqual(expected.Statistics.BonusEntropy.Tokens, statistics.BonusEntropy.Tokens);
        Assert.AreNotEqual(0.0, statistics.BonusEntropy.Tokens);
        var metrics = statistics.ToMetrics();
        foreach (var (name, value) in expected.Statistics.ToMetrics())
        {
            Near.AreEqual(value, metrics[name], 1e-12, $"{what} {name}");
        }
    }

    /// <summary>The same numbers at every call; one row has no tokens, one no sampler log-prob.</summary>
    private static LossInputs Inputs()
    {
        var random = new Random(7);
        Tensor mask = tensor(new double[,]
        {
            { 1, 1, 1, 1, 1 }, { 1, 0, 0, 0, 0 }, { 0, 0, 0, 0, 0 }, { 1, 1, 0, 1, 0 }, { 1, 1, 1, 0, 0 }, { 1, 1, 1, 1, 0 },
        });
        Tensor sampler = Noise(-1, .3);
        sampler[1, 0] = double.NaN;
        return new LossInputs(
            Noise(-1, .3).requires_grad_(), Noise(-1, .3), sampler, Noise(-1, .3), tensor(new[] { 1, -1, .5, -.5, 0, 2 }).unsqueeze(1), mask, Noise(2, 1).requires_grad_());

        Tensor Noise(double centre, double width) => tensor(
            Enumerable.Range(0, Rows * Width).Select(_ => centre + (width * ((2 * random.NextDouble()) - 1))).ToArray()).reshape(Rows, Width);
    }
}
