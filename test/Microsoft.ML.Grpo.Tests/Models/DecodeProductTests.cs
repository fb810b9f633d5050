using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class DecodeProductTests
{
    private const long In = 272; // 17 times 16

    [TestMethod]
    [DataRow(1, 256)]
    [DataRow(2, 257)]
    [DataRow(7, 258)]
    [DataRow(8, 259)]
    [DataRow(64, 260)]
    [DataRow(75, 301)] // more than stay in the cache
    public void It_is_the_product(int rows, int outputs)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (x, weight) = Operands(rows, outputs);
        var expected = x.to(ScalarType.Float64).matmul(weight.to(ScalarType.Float64).t());
        var sizes = x.abs().to(ScalarType.Float64).matmul(weight.abs().to(ScalarType.Float64).t()); // what rounding is measured by
        foreach (var actual in new[] { DecodeProduct.Times<FloatLanes16>(x, weight), DecodeProduct.Times<FloatLanes8>(x, weight) })
        {
            var error = ((actual.to(ScalarType.Float64) - expected).abs() / sizes).max().item<double>();
            Assert.IsLessThan(1e-6, error);
        }
    }

    [TestMethod]
    [DataRow(0x7FFFFFFFu)]
    [DataRow(0xFFFFFFFFu)]
    [DataRow(0x7FC00000u)]
    [DataRow(0x7F800001u)]
    public void What_is_no_number_is_none_when_it_is_rounded(uint bits)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (x, weight) = Operands(2, 256);
        weight.data<float>()[3, 5] = BitConverter.UInt32BitsToSingle(bits);
        foreach (var product in new[] { DecodeProduct.Times<FloatLanes16>(x, weight, rounded: true), DecodeProduct.Times<FloatLanes8>(x, weight, rounded: true) })
        {
            Assert.AreEqual(2, product.isnan().sum().item<long>());
        }
    }

    [TestMethod]
    public void A_row_has_the_same_bits_in_any_company()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (x, weight) = Operands(150, 300);
        var all = Product(x, weight);
        foreach (var (first, count) in new[] { (0, 1), (3, 8), (60, 16), (1, 64), (0, 72), (149, 1) })
        {
            var some = Product(x.narrow(0, first, count), weight);
            Assert.IsTrue(all.narrow(0, first, count).bytes.SequenceEqual(some.bytes), $"{count} rows from {first} on");
        }
    }

    [TestMethod]
    public void One_token_of_each_row_keeps_its_shape_and_other_passes_are_left_to_the_library()
    {
        using var scope = NewDisposeScope();
        var (x, weight) = Operands(8, 300);
        Assert.IsFalse(DecodeProduct.Fits(x, weight), "gradients are on");
        using var noGrad = no_grad();
        Assert.IsTrue(Product(x, weight).view(8, 1, 300).Equals(Product(x.unsqueeze(1), weight)));
        Assert.IsFalse(DecodeProduct.Fits(x.unsqueeze(0), weight), "a row of eight tokens");
        Assert.IsFalse(DecodeProduct.Fits(x[0], weight), "a state alone");
        Assert.IsFalse(DecodeProduct.Fits(x.to(ScalarType.Float64), weight.to(ScalarType.Float64)), "float64");
        Assert.IsFalse(DecodeProduct.Fits(x.narrow(1, 0, 16), weight.narrow(1, 0, 16).contiguous()), "small");
        Assert.IsFalse(DecodeProduct.Fits(x, weight.t().contiguous().t()), "not in order");
    }

    [TestMethod]
    public void It_leaves_no_tensor()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (x, weight) = Operands(8, 300);
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (var i = 0; i < 50; i++)
        {
            using var product = Product(x, weight);
        }

        Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    private static Tensor Product(Tensor x, Tensor weight)
    {
        if (!DecodeProduct.Fits(x, weight))
        {
            Assert.Inconclusive("The product of decoding needs an x64 CPU with FMA, and libtorch for Linux.");
        }

        return DecodeProduct.Times(x, weight);
    }

    private static (Tensor X, Tensor Weight) Operands(long rows, long outputs)
    {
        using var generator = new Generator(3, CPU);
        return (randn([rows, In], generator: generator), randn([outputs, In], generator: generator));
    }
}
