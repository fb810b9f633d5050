using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class WeightRoundingTests
{
    private const int Rows = 3;
    private const int Columns = 4;

    // Steps of 1, none, and 2.54 / 127 = 0.02. 63.4 steps are 63; −1.5 are −2, the even neighbour; 0.033 / 0.02 = 1.65 are 2.
    private static readonly double[] Weights = [127, 63.4, -1.5, 0.4, 0, 0, 0, 0, -2.54, 1.27, 0.033, 0];

    [TestMethod]
    [DataRow(ScalarType.Float64, 1e-15)]
    [DataRow(ScalarType.Float32, 1e-7)]
    public void Eight_bits_are_127_steps_to_each_side_of_a_rows_largest_weight(ScalarType dtype, double bound)
    {
        using var scope = NewDisposeScope();
        var rounded = WeightRounding.Round(Matrix(dtype), RoundedWeights.EightBit);
        Assert.AreEqual(dtype, rounded.dtype);
        CollectionAssert.AreEqual(new long[] { Rows, Columns }, rounded.shape);
        Near.AreEqual([127, 63, -2, 0, 0, 0, 0, 0, -2.54, 1.28, 0.04, 0], Near.Doubles(rounded), bound, "rounded");
    }

    // Of 8 significant bits: 257 lies between 256 and 258, −259 between −258 and −260; the even last bit wins.
    [TestMethod]
    public void Bfloat16_keeps_8_significant_bits()
    {
        using var scope = NewDisposeScope();
        Near.AreEqual([1, 1.015625, 256, -260, 0], Near.Doubles(WeightRounding.Round(tensor([1 + Math.Pow(2, -8), 1 + (3 * Math.Pow(2, -8)), 257, -259, 0]), RoundedWeights.BFloat16)), 0, "rounded");
    }

    [TestMethod]
    [DataRow(RoundedWeights.EightBit)]
    [DataRow(RoundedWeights.BFloat16)]
    public void What_is_rounded_is_rounded_to_itself_and_the_original_stays(RoundedWeights how)
    {
        using var scope = NewDisposeScope();
        var weights = Matrix(ScalarType.Float32) * Scalars.Of(0.37);
        var before = Near.Doubles(weights);
        var once = WeightRounding.Round(weights, how);
        CollectionAssert.AreEqual(Near.Doubles(once), Near.Doubles(WeightRounding.Round(once, how)));
        CollectionAssert.AreNotEqual(before, Near.Doubles(once));
        CollectionAssert.AreEqual(before, Near.Doubles(weights));
    }

    [TestMethod]
    public void A_rows_largest_weight_is_kept_to_the_bit_and_no_other_row_counts()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5, CPU);
        var weights = randn([64, 33], ScalarType.Float32, generator: generator);
        var rounded = WeightRounding.Round(weights, RoundedWeights.EightBit);
        CollectionAssert.AreEqual(Near.Doubles(weights.abs().amax([1])), Near.Doubles(rounded.abs().amax([1])));
        CollectionAssert.AreEqual(Near.Doubles(rounded[7]), Near.Doubles(WeightRounding.Round(weights.narrow(0, 7, 1), RoundedWeights.EightBit)));
    }

    [TestMethod]
    public void Weights_that_are_no_numbers_stay_so()
    {
        using var scope = NewDisposeScope();
        var rounded = Near.Doubles(WeightRounding.Round(tensor([double.NaN, 1, 2, 3], [2, 2]), RoundedWeights.EightBit));
        Assert.IsTrue(double.IsNaN(rounded[0]));
        Assert.AreEqual(3, rounded[3]);
    }

    private static Tensor Matrix(ScalarType dtype) => tensor(Weights, [Rows, Columns]).to(dtype);
}
