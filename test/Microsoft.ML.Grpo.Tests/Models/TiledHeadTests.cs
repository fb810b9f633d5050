using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class TiledHeadTests
{
    private const int Tokens = 11;
    private const int Hidden = 6;
    private const int Vocabulary = 23;

    public static IEnumerable<object[]> Cases =>
        from dtype in new[] { ScalarType.Float64, ScalarType.Float32 }
        from tile in new[] { (4, 5), (3, 23), (100, 7), (1, 1), (100, 100) }
        from variant in Enum.GetValues<Variant>()
        select new object[] { dtype, tile.Item1, tile.Item2, variant };

    [Flags]
    public enum Variant
    {
        Plain = 0,
        Bias = 1,
        LowRank = 2,
        Entropy = 4,
        FrozenWeights = 8,
        FrozenInput = 16,
        EntropyAlone = 32 | Entropy,
        All = Bias | LowRank | Entropy,
        FrozenLowRank = FrozenWeights | LowRank | Bias,
        FrozenEntropy = FrozenWeights | Entropy,
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Values_and_gradients_are_those_of_the_plain_head(ScalarType dtype, int rows, int entries, Variant variant)
    {
        using var scope = NewDisposeScope();
        var bound = dtype == ScalarType.Float64 ? 1e-12 : 1e-5;
        var expected = Run(dtype, variant, (terms, ids) => FullHead.Compute(Full(terms), ids, 1, variant.HasFlag(Variant.Entropy)));
        var actual = Run(dtype, variant, (terms, ids) => TiledHead.Compute(terms, ids, variant.HasFlag(Variant.Entropy), new(rows, entries)));
        Assert.HasCount(expected.Count, actual);
        foreach (var (name, values) in expected)
        {
            Near.AreEqual(values, actual[name], bound, name);
        }
    }

    [TestMethod]
    [DataRow(0.7)]
    [DataRow(1.9)]
    public void A_model_gives_the_same_by_either_head(double temperature)
    {
        foreach (var tied in new[] { true, false })
        {
            foreach (var adapted in new[] { false, true })
            {
                var full = OfModel(tied, adapted, temperature, LogProbHead.Full);
                var tiled = OfModel(tied, adapted, temperature, LogProbHead.Tiled);
                Assert.AreNotEqual(0, full.Count(pair => pair.Key != "lp"));
                foreach (var (name, values) in full)
                {
                    Near.AreEqual(values, tiled[name], 1e-12, $"{name}, tied {tied}, adapted {adapted}");
                }
            }
        }
    }

    [TestMethod]
    public void A_merged_adapter_is_in_the_head()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = RandomModel.Create(RandomModel.Config with { TiedHead = false });
        RandomAdapter.AttachTo(model, targets: [CausalLM.HeadLayer]);
        var (hidden, ids) = (randn([5, model.Config.HiddenSize], ScalarType.Float64), tensor(new long[] { 1, 2, 3, 4, 5 }));
        var beside = Near.Doubles(TokenLogProbs.Compute(model, hidden, ids, 1).LogProbs);
        model.Merge();
        Near.AreEqual(beside, Near.Doubles(TokenLogProbs.Compute(model, hidden, ids, 1).LogProbs), 1e-12, "merged");
        using (model.WithoutAdapter())
        {
            Assert.AreNotEqual(beside[0], Near.Doubles(TokenLogProbs.Compute(model, hidden, ids, 1).LogProbs)[0]);
        }

        using var grad = enable_grad();
        model.Adapter!.Factors[CausalLM.HeadLayer].A.requires_grad = true;
        Assert.Throws<InvalidOperationException>(() => TokenLogProbs.Compute(model, hidden, ids, 1));
    }

    [TestMethod]
    public void Huge_logits_do_not_overflow()
    {
        using var scope = NewDisposeScope();
        var weight = tensor(new float[,] { { 1e4f }, { -1e4f }, { 0 }, { 1e4f } });
        var hidden = ones([2, 1]).requires_grad_(true);
        var (lp, entropies) = TiledHead.Compute(new([(hidden, weight)], null), tensor(new long[] { 0, 1 }), entropyGraph: true, new(1, 2));
        Near.AreEqual([-Math.Log(2), -20_000 - Math.Log(2)], Near.Doubles(lp), 1e-6, "lp");
        Near.AreEqual([Math.Log(2), Math.Log(2)], Near.Doubles(entropies), 1e-6, "entropy");
        lp.sum().Plus(entropies.sum()).backward();
        Assert.IsTrue(hidden.grad!.isfinite().all().item<bool>());
    }

    [TestMethod]
    [DataRow(10, 0)]   // as at a temperature of 0.1
    [DataRow(1, -900)]
    public void The_gradient_is_as_exact_as_that_of_the_plain_head(int scale, int offset)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        const int Entries = 5000;
        var ids = randint(Entries, [64], ScalarType.Int64, generator: generator);
        var hidden = cat([randn([64, 16], generator: generator) * Scalars.Of(scale), full([64, 1], Scalars.Of(offset), ScalarType.Float32)], 1);
        var weight = cat([randn([Entries, 16], generator: generator) * Scalars.Of(0.5), ones([Entries, 1])], 1); // the last unit raises all logits alike
        double OfConstant(Func<Tensor, Tensor> logProbs)
        {
            var input = hidden.clone().requires_grad_(true);
            logProbs(input).sum().backward();
            return input.grad!.narrow(1, 16, 1).abs().max().item<float>(); // 0 but for rounding
        }

        var plain = OfConstant(x => FullHead.Compute(x.mm(weight.t()), ids, 1).LogProbs);
        foreach (var trained in new[] { false, true })
        {
            var tiled = OfConstant(x => TiledHead.Compute(new([(x, weight.clone().requires_grad_(trained))], null), ids, entropyGraph: false, new(32, 700)).LogProbs);
            Assert.IsLessThan(2e-6, tiled, $"plain: {plain}");
        }
    }

    [TestMethod]
    public void A_tile_that_is_masked_out_whole_changes_nothing()
    {
        using var scope = NewDisposeScope();
        var bias = tensor(new[] { float.NegativeInfinity, float.NegativeInfinity, 0f, 1f });
        var hidden = ones([2, 1]).requires_grad_(true);
        var (lp, _) = TiledHead.Compute(new([(hidden, zeros([4, 1]).requires_grad_(true))], bias), tensor(new long[] { 2, 3 }), entropyGraph: false, new(2, 2));
        var sum = Math.Log(1 + Math.E);
        Near.AreEqual([-sum, 1 - sum], Near.Doubles(lp), 1e-6, "lp");
        lp.sum().backward();
        Near.AreEqual([0, 0], Near.Doubles(hidden.grad!), 1e-6, "gradient");
    }

    [TestMethod]
    public void Float32_is_not_biased_at_a_large_vocabulary()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var generator = new Generator(1, CPU);
        var (hidden, weight) = (randn([128, 16], generator: generator), randn([50_000, 16], generator: generator) * Scalars.Of(0.5));
        var ids = randint(50_000, [128], ScalarType.Int64, generator: generator);
        var exact = Near.Doubles(FullHead.Compute(hidden.to(ScalarType.Float64).mm(weight.to(ScalarType.Float64).t()), ids, 1).LogProbs);
        var found = Near.Doubles(TiledHead.Compute(new([(hidden, weight)], null), ids, entropyGraph: false, HeadTile.Default).LogProbs);
        Assert.IsLessThan(1e-6, Math.Abs(exact.Zip(found, (x, y) => y - x).Average()));
    }

    [TestMethod]
    public void Without_gradients_there_is_no_graph_and_without_an_entropy_graph_none_of_the_entropies()
    {
        using var scope = NewDisposeScope();
        var (hidden, weight, ids) = (ones([2, 3]).requires_grad_(true), ones([4, 3]), zeros([2], ScalarType.Int64));
        var (lp, entropies) = TiledHead.Compute(new([(hidden, weight)], null), ids, entropyGraph: false, HeadTile.Default);
        Assert.IsTrue(lp.requires_grad);
        Assert.IsFalse(entropies.requires_grad);
        Assert.IsTrue(TiledHead.Compute(new([(hidden, weight)], null), ids, entropyGraph: true, HeadTile.Default).Entropies.requires_grad);
        using var noGrad = no_grad();
        Assert.IsFalse(TiledHead.Compute(new([(hidden, weight)], null), ids, entropyGraph: true, HeadTile.Default).LogProbs.requires_grad);
    }

    [TestMethod]
    [DataRow(Variant.All)]
    [DataRow(Variant.FrozenLowRank)]
    public void No_tensor_is_left(Variant variant)
    {
        long Live() => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        void Once() => Run(ScalarType.Float32, variant, (terms, ids) => TiledHead.Compute(terms, ids, variant.HasFlag(Variant.Entropy), new(4, 5)));
        Once();
        var before = Live();
        for (var i = 0; i < 20; i++)
        {
            Once();
        }

        Assert.AreEqual(before, Live());
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void It_runs_where_no_values_are(bool frozen)
    {
        using var scope = NewDisposeScope();
        var (hidden, weight) = (empty([5, 3], device: META).requires_grad_(true), empty([7, 3], device: META).requires_grad_(!frozen));
        var (lp, entropies) = TiledHead.Compute(new([(hidden, weight)], empty([7], device: META)), empty([5], ScalarType.Int64, META), entropyGraph: !frozen, new(2, 3));
        (frozen ? lp.sum() : lp.sum().Plus(entropies.sum())).backward();
        CollectionAssert.AreEqual(new long[] { 5, 3 }, hidden.grad!.shape);
        Assert.AreEqual(!frozen, weight.grad is not null);
    }

    private static Dictionary<string, double[]> OfModel(bool tied, bool adapted, double temperature, LogProbHead head)
    {
        using var scope = NewDisposeScope();
        using var model = RandomModel.Create(RandomModel.Config with { TiedHead = tied });
        if (adapted)
        {
            RandomAdapter.AttachTo(model, targets: ["q_proj", CausalLM.HeadLayer]);
        }

        model.RequireGradients(true);
        var (lp, entropies) = SequenceScorer.Score(
            model, [new([1, 2, 3], [4, 5, 6]), new([6], [7, 8])], new PassSettings(temperature, int.MaxValue) { Head = head }, new(), WorkPurpose.Loss, entropyGraph: true);
        (lp * Scalars.Of(0.3)).Plus(entropies).sum().backward();
        var results = new Dictionary<string, double[]> { ["lp"] = Near.Doubles(lp), ["entropies"] = Near.Doubles(entropies) };
        foreach (var (name, weight) in model.Trained)
        {
            results.Add(name, Near.Doubles(weight.grad!));
        }

        return results;
    }

    private static Tensor Full(HeadTerms terms)
    {
        var logits = terms.Products.Select(p => p.Input.mm(p.Weight.t())).Aggregate((a, b) => a.Plus(b));
        return terms.Bias is { } bias ? logits.Plus(bias) : logits;
    }

    private static Dictionary<string, double[]> Run(ScalarType dtype, Variant variant, Func<HeadTerms, Tensor, (Tensor LogProbs, Tensor Entropies)> head)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3, CPU);
        Tensor Random(bool trained, params long[] shape) => randn(shape, ScalarType.Float64, generator: generator).to(dtype).requires_grad_(trained);
        var trained = !variant.HasFlag(Variant.FrozenWeights);
        var inputs = new Dictionary<string, Tensor>
        {
            ["hidden"] = Random(!variant.HasFlag(Variant.FrozenInput), Tokens, Hidden),
            ["weight"] = Random(trained, Vocabulary, Hidden),
            ["low"] = Random(true, Tokens, 2),
            ["B"] = Random(trained, Vocabulary, 2),
            ["bias"] = Random(trained, Vocabulary),
        };
        var ids = randint(Vocabulary, [Tokens], ScalarType.Int64, generator: generator);
        var (weights, weights2) = (Random(false, Tokens), Random(false, Tokens));
        var terms = new HeadTerms(
            variant.HasFlag(Variant.LowRank) ? [(inputs["hidden"], inputs["weight"]), (inputs["low"], inputs["B"])] : [(inputs["hidden"], inputs["weight"])],
            variant.HasFlag(Variant.Bias) ? inputs["bias"] : null);
        var (lp, entropies) = head(terms, ids);
        var loss = variant == Variant.EntropyAlone ? (entropies * weights2).sum()
            : variant.HasFlag(Variant.Entropy) ? (lp * weights).Plus(entropies * weights2).sum()
            : (lp * weights).sum();
        loss.backward();
        var results = new Dictionary<string, double[]> { ["lp"] = Near.Doubles(lp), ["entropies"] = Near.Doubles(entropies) };
        foreach (var (name, tensor) in inputs.Where(i => i.Value.grad is not null))
        {
            results.Add(name, Near.Doubles(tensor.grad!));
        }

        return results;
    }
}
