using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>What is rounded to bfloat16 under <see cref="ComputeType.BFloat16"/>, and what is not.</summary>
[TestClass]
public class ComputeTypeTests
{
    private static readonly ModelConfig Wide = RandomModel.Config with { HiddenSize = 256, IntermediateSize = 272, HeadSize = 64, QkvBias = true };

    private static readonly TokenSequence[] Rows = [new([1, 2, 3], [4, 5, 6]), new([6], [7, 8])];

    [TestMethod]
    public void A_product_is_that_of_the_rounded_numbers_and_its_gradients_keep_their_types()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3, CPU);
        Tensor Random(params long[] shape) => randn(shape, generator: generator).requires_grad_();
        var (x, weight, bias, slope) = (Random(2, 5, 32), Random(48, 32), Random(48), Random(2, 5, 48).detach());
        var product = BFloat16Product.Of(x, weight, bias);
        var exact = Rounded(x).matmul(Rounded(weight).t());
        Assert.AreEqual(ScalarType.Float32, product.dtype);
        Assert.IsLessThan(1.001 / 256, Error(product - bias, exact), "summed in more than eight bits, then rounded to them");
        Assert.IsGreaterThan(1e-4, Error(product - bias, exact), "the result is rounded too");

        (product * slope).sum().backward();
        Assert.AreEqual(ScalarType.Float32, weight.grad!.dtype);
        Assert.AreEqual(ScalarType.Float32, x.grad!.dtype);
        Assert.IsLessThan(1.001 / 256, Error(x.grad!, Rounded(slope).matmul(Rounded(weight))));
        Assert.IsLessThan(1.001 / 256, Error(weight.grad!, Rounded(slope).reshape(-1, 48).t().matmul(Rounded(x).reshape(-1, 32))));
        Assert.IsTrue(bias.grad!.allclose(slope.sum([0, 1])), "the bias is added in float32");

        static double Error(Tensor actual, Tensor expected) => ((actual.to(ScalarType.Float64) - expected).abs() / expected.abs().max()).max().item<double>();
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(8)]
    [DataRow(67)]
    public void Decoding_reads_weights_that_are_rounded_or_rounds_them_as_it_reads_to_the_same_bits(int rows)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var generator = new Generator(4, CPU);
        var (x, weight) = (Rounded(randn([rows, 272], generator: generator)).to(ScalarType.Float32), randn([259, 272], generator: generator));
        weight[0, 0] = 1 + (1 / 256.0f); // halfway: to even
        weight[0, 1] = 1 + (3 / 256.0f);
        if (!DecodeProduct.Fits(x, weight))
        {
            Assert.Inconclusive("The product of decoding needs an x64 CPU with FMA, and libtorch for Linux.");
        }

        var expected = x.to(ScalarType.Float64).matmul(Rounded(weight).t());
        var narrow = weight.to(ScalarType.BFloat16);
        foreach (var (rounding, stored) in new[]
        {
            (DecodeProduct.Times<FloatLanes16>(x, weight, rounded: true), DecodeProduct.Times<FloatLanes16>(x, narrow)),
            (DecodeProduct.Times<FloatLanes8>(x, weight, rounded: true), DecodeProduct.Times<FloatLanes8>(x, narrow)),
        })
        {
            Assert.IsTrue(rounding.bytes.SequenceEqual(stored.bytes));
            Assert.IsLessThan(1e-4, (stored.to(ScalarType.Float64) - expected).abs().max().item<double>());
        }
    }

    [TestMethod]
    public void Only_the_blocks_products_are_rounded()
    {
        using var scope = NewDisposeScope();
        using var exact = RandomModel.Create(Wide, ScalarType.Float32);
        using var rounded = exact.Copy(ScalarType.Float32, CPU);
        rounded.ComputeIn(ComputeType.BFloat16, frozen: false);
        foreach (var model in new[] { exact, rounded })
        {
            model.RequireGradients(true);
        }

        var (a, _) = Score(exact);
        var (b, entropies) = Score(rounded);
        Assert.AreEqual(ScalarType.Float32, b.dtype);
        Assert.AreEqual(ScalarType.Float32, entropies.dtype);
        var moved = (a - b).abs().max().item<float>();
        Assert.IsTrue(moved is > 1e-5f and < 2f, $"{moved}");
        b.sum().backward();
        foreach (var (name, parameter) in rounded.Parameters)
        {
            Assert.AreEqual(ScalarType.Float32, parameter.dtype, name);
            Assert.AreEqual(ScalarType.Float32, parameter.grad!.dtype, name);
        }

        using var noGrad = no_grad();
        var states = rounded.States(tensor(new[,] { { 1L, 2, 3 } }));
        Assert.IsTrue(states.All(state => state.dtype == ScalarType.Float32 && !state.Equals(state.to(ScalarType.BFloat16).to(ScalarType.Float32))), "The residual stream is not rounded.");
        Assert.IsTrue(states[0].Equals(exact.States(tensor(new[,] { { 1L, 2, 3 } }))[0]), "embeddings");
        Assert.IsTrue(rounded.Logits(states[^1]).Equals(exact.Logits(states[^1])), "the head");
    }

    [TestMethod]
    public void Frozen_weights_that_are_bfloat16_numbers_are_kept_as_such_and_others_as_they_are_with_the_same_results()
    {
        using var scope = NewDisposeScope();
        using var source = RandomModel.Create(Wide, ScalarType.Float32);
        using (no_grad())
        {
            foreach (var (name, weight) in source.Parameters.Where(p => p.Key.Contains("layers.0", StringComparison.Ordinal)))
            {
                weight.copy_(Rounded(weight));
            }
        }

        using var model = source.Copy(ScalarType.Float32, CPU);
        RandomAdapter.AttachTo(model);
        using var wide = model.Copy(ScalarType.Float32, CPU);
        model.ComputeIn(ComputeType.BFloat16, frozen: true);
        wide.ComputeIn(ComputeType.BFloat16, frozen: false);
        foreach (var (name, weight) in model.Parameters)
        {
            var narrow = name.Contains("layers.0", StringComparison.Ordinal) && name.EndsWith("proj.weight", StringComparison.Ordinal);
            Assert.AreEqual(narrow ? ScalarType.BFloat16 : ScalarType.Float32, weight.dtype, name);
            Assert.IsTrue(weight.to(ScalarType.Float32).Equals(source.Parameters[name]), $"{name} has lost something");
        }

        model.RequireGradients(true);
        wide.RequireGradients(true);
        var (lp, _) = Score(model);
        var (wideLp, _) = Score(wide);
        Assert.IsTrue(lp.Equals(wideLp));
        lp.sum().backward();
        wideLp.sum().backward();
        foreach (var (name, weight) in model.Trained)
        {
            Assert.AreEqual(ScalarType.Float32, weight.dtype, name);
            Assert.IsTrue(weight.grad!.Equals(wide.Trained[name].grad!), name);
        }

        using var merged = model.MergedWeight("model.layers.0.self_attn.q_proj.weight");
        Assert.AreEqual(ScalarType.Float32, merged!.dtype, "Merged in bfloat16, most of a small change would be lost.");
        using var copy = model.CloneFrozen();
        Assert.AreEqual(ComputeType.BFloat16, copy.ComputeType);
    }

    [TestMethod]
    public void An_adapter_is_not_merged_where_its_change_would_be_rounded_away()
    {
        using var network = RandomModel.Create(Wide, ScalarType.Float32);
        RandomAdapter.AttachTo(network);
        network.ComputeIn(ComputeType.BFloat16, frozen: true);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(network.Merge).Message, "leave the adapter beside the weights");
        network.ComputeIn(ComputeType.Float32, frozen: true);
        network.Merge();
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => network.ComputeIn(ComputeType.BFloat16, frozen: true)).Message, "leave the adapter beside the weights");
    }

    [TestMethod]
    public void An_update_that_bfloat16_would_swallow_moves_every_trained_weight()
    {
        const double Rate = 1e-6;
        using var policy = TinyPolicy.Create(ScalarType.Float32);
        policy.Network.ComputeIn(ComputeType.BFloat16, frozen: false);
        var before = TinyPolicy.Weights(policy);
        using var run = new TinyRun(o => (o.Steps, o.Optimizer.LearningRate) = (1, Rate), policy: policy);
        run.Train();
        var moved = before.Zip(run.Weights, (x, y) => Math.Abs(x - y)).ToArray();
        Assert.IsLessThan(2 * Rate, moved.Max());
        Assert.IsGreaterThan(moved.Length / 2, moved.Count(distance => distance > 0));
    }

    [TestMethod]
    public void What_is_sampled_is_what_is_trained_on_but_for_the_order_of_sums()
    {
        using var model = RandomModel.Create(Wide with { VocabularySize = 300 }, ScalarType.Float32);
        model.ComputeIn(ComputeType.BFloat16, frozen: false);
        var engine = new InProcessEngine(model, new(), WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode);
        var sampling = new SamplingParameters { Temperature = 1, MaxTokens = 12, StopIds = new HashSet<int>() };
        var group = engine.Sample(new([new RolloutPrompt(0, [1, 2, 3])], 8, sampling, new RunRandom(1), DrawPurpose.Check, 0), CancellationToken.None)[0];
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (lp, _) = SequenceScorer.Score(model, [.. group.Completions.Select(c => new TokenSequence(group.Prompt.Ids, c.Ids))], new PassSettings(1, int.MaxValue), new(), WorkPurpose.Score);
        var sampled = tensor(group.Completions.SelectMany(c => c.LogProbs!).ToArray()).view(lp.shape);
        var distance = (lp - sampled).abs().mean().item<double>();
        Assert.IsLessThan(0.05, distance, "Rounding at another place of a sum may flip a last bit of eight, no more.");
    }

    private static (Tensor LogProbs, Tensor Entropies) Score(CausalLM model) => SequenceScorer.Score(model, Rows, new PassSettings(1, int.MaxValue), new(), WorkPurpose.Loss);

    /// <summary>The nearest bfloat16 numbers, in float64.</summary>
    private static Tensor Rounded(Tensor x) => x.detach().to(ScalarType.BFloat16).to(ScalarType.Float64);
}
