using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The meta device has shapes and no values, so a tensor that is made on the wrong device fails there, without a GPU.</summary>
[TestClass]
public class MetaDeviceTests
{
    [TestMethod]
    public void The_network_runs_without_a_mask()
    {
        using var scope = NewDisposeScope();
        using var model = RandomModel.Create(device: META);
        IsMeta(model.Logits(model.Hidden(Ids(3, 7))), 3, 7, 40);
    }

    [TestMethod]
    public void Every_variant_of_the_network_runs_forward_and_backward()
    {
        using var scope = NewDisposeScope();
        var config = RandomModel.Config with { TiedHead = false, QkvBias = true, OutputBias = true, MlpBias = true, QkNorm = true, PadTokenId = 3 };
        using var model = RandomModel.Create(config, device: META);
        model.RequireGradients(true);
        model.Logits(model.Hidden(Ids(3, 7))).sum().backward();
        Assert.IsTrue(model.Parameters.Values.All(p => p.grad?.device_type == DeviceType.META));
    }

    [TestMethod]
    public void A_network_with_an_adapter_and_dropout_runs_forward_and_backward_and_merges()
    {
        using var scope = NewDisposeScope();
        using var model = RandomModel.Create(device: META);
        model.Attach(LoraInitialization.Create(model, LoraTargets.All(model), new(3, 5, Dropout: 0.5), new(1)));
        model.RequireGradients(true);
        model.Logits(model.Hidden(Ids(3, 7), rows: new() { Dropout = new(1, 0, 0, WorkPurpose.Loss, [0, 1, 2]) })).sum().backward();
        Assert.IsTrue(model.Trained.Values.All(p => p.grad?.device_type == DeviceType.META));
        model.Merge();
        using var noGrad = no_grad();
        IsMeta(model.Hidden(Ids(3, 7)), 3, 7, 32);
    }

    [TestMethod]
    public void A_rollout_becomes_the_inputs_of_the_loss()
    {
        using var scope = NewDisposeScope();
        using var policy = TinyPolicy.Create();
        using var batch = WorkOfARunTests.Batch(policy, 6, META);
        var lp = empty(2, 3, ScalarType.Float64, META);
        var inputs = batch.Inputs([0, 4], lp, lp, OldSource.LossPass);
        IsMeta(inputs.Mask, 2, 3);
        IsMeta(inputs.Advantages, 2, 1);
        IsMeta(PolicyObjective.Compute(inputs, new(), new(2, 5, 1, 1)).Loss);
    }

    [TestMethod]
    public void The_network_runs_with_a_mask()
    {
        using var scope = NewDisposeScope();
        using var model = RandomModel.Create(device: META);
        IsMeta(model.Hidden(Ids(3, 7), empty(3, 7, ScalarType.Int64, META)), 3, 7, 32);
    }

    [TestMethod]
    public void Prefill_and_decoding_run_with_the_cache()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = RandomModel.Create(device: META);
        using var cache = new KeyValueCache(model.Config, 8, 16, model.Dtype, META);
        IsMeta(model.Hidden(Ids(2, 5), Sums.Range(5, META).unsqueeze(0), new PrefillAttention(cache, 0, 4)), 2, 5, 32);
        cache.EnsureCapacity(70, 100);
        cache.KeepRows(Sums.Range(8, META));
        var positions = empty(8, ScalarType.Int64, META);
        using var attention = new DecodeAttention(model.Config, cache, positions, 5);
        IsMeta(model.Logits(model.Hidden(Ids(8, 1), positions.unsqueeze(1), attention).squeeze(1)), 8, 40);
    }

    [TestMethod]
    public void Tokens_are_drawn_with_every_kind_of_truncation()
    {
        using var scope = NewDisposeScope();
        var sampling = new SamplingParameters { Temperature = 0.7, TopK = 5, TopP = 0.9, MinP = 0.1, MaxTokens = 1, StopIds = new HashSet<int>() };
        var (ids, logProbs) = TokenSampler.Draw(empty(8, 40, device: META), sampling, empty(8, ScalarType.Float64, META));
        IsMeta(ids, 8);
        IsMeta(logProbs, 8);
        IsMeta(TokenSampler.Draw(empty(8, 40, device: META), sampling with { Temperature = 0 }, empty(8, ScalarType.Float64, META)).Ids, 8);
    }

    // Not backward: the gradient of the objective's clamp is made with where, which has no kernel here.
    [TestMethod]
    public void Scoring_head_and_objective_run_forward()
    {
        using var scope = NewDisposeScope();
        using var model = RandomModel.Create(device: META, dtype: ScalarType.Float32);
        model.RequireGradients(true);
        var (lp, entropies) = SequenceScorer.Score(model, [new([1, 2, 3], [4, 5]), new([6], [7, 8, 9])], new PassSettings(0.9, int.MaxValue), new(), WorkPurpose.Loss);
        IsMeta(lp, 2, 3);
        IsMeta(entropies, 2, 3);
        var result = PolicyObjective.Compute(
            new(lp, null, Like(lp), Like(lp), empty(2, 1, device: META), Like(lp), entropies), new() { Beta = 0.1 }, new(2, 5, 1, 1));
        Assert.IsTrue(result.Loss.requires_grad);
        IsMeta(result.Loss);
        IsMeta(result.Packed.Values, result.Packed.Values.shape);
    }

    [TestMethod]
    public void Log_probs_run_backward_to_every_weight()
    {
        using var scope = NewDisposeScope();
        using var model = RandomModel.Create(device: META, dtype: ScalarType.Float32);
        model.RequireGradients(true);
        SequenceScorer.Score(model, [new([1, 2, 3], [4, 5]), new([6], [7, 8, 9])], new PassSettings(0.9, int.MaxValue), new(), WorkPurpose.Loss).LogProbs.sum().backward();
        foreach (var (name, weight) in model.Parameters)
        {
            IsMeta(weight.grad ?? throw new AssertFailedException($"{name} has no gradient"), weight.shape);
        }
    }

    [TestMethod]
    public void A_tensor_on_the_CPU_fails_there()
    {
        using var scope = NewDisposeScope();
        using var model = RandomModel.Create(device: META);
        Assert.Throws<Exception>(() => model.Hidden(zeros(1, 3, ScalarType.Int64)));
        using var attention = new CausalAttention();
        Assert.Throws<Exception>(() => model.Hidden(Ids(1, 3), Sums.Range(3, CPU).unsqueeze(0), attention));
        var lp = empty(2, 3, device: META);
        Assert.Throws<Exception>(() => PolicyObjective.Compute(new(lp, zeros(2, 3), null, null, empty(2, 1, device: META), Like(lp)), new(), new(2, 5, 1, 1)));
    }

    private static Tensor Ids(long rows, long tokens) => empty(rows, tokens, ScalarType.Int64, META);

    private static Tensor Like(Tensor tensor) => empty(tensor.shape, tensor.dtype, META);

    private static void IsMeta(Tensor tensor, params long[] shape)
    {
        Assert.AreEqual(DeviceType.META, tensor.device_type);
        CollectionAssert.AreEqual(shape, tensor.shape);
    }
}
