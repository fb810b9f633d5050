using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>A network whose every embedding is moved along a fixed direction by the row's further input, a number: each logit of a row depends on it.</summary>
internal sealed class BiasedByInputLM(ModelConfig config, IReadOnlyDictionary<string, Tensor> weights) : CausalLM(config, weights)
{
    /// <summary>What was known of the rows of each pass, in order; null: nothing.</summary>
    public List<ForwardRows?> Passes { get; } = [];

    protected override bool ReadsFurtherInputs => true;

    public static BiasedByInputLM Create(ModelConfig? config = null, ScalarType dtype = ScalarType.Float64, Device? device = null)
    {
        using var scope = NewDisposeScope();
        using var plain = RandomModel.Create(config, dtype, device: device);
        return new(plain.Config, plain.Parameters.ToDictionary(p => p.Key, p => p.Value.detach().clone()));
    }

    public override CausalLM WithWeights(IReadOnlyDictionary<string, Tensor> weights) => new BiasedByInputLM(Config, weights);

    protected override Tensor Embed(Tensor ids, ForwardRows? rows)
    {
        Passes.Add(rows);
        var embedded = base.Embed(ids, rows); // [B, T, hidden]
        if (rows?.Further is not { } further)
        {
            return embedded;
        }

        var inputs = tensor(further.Select(input => input is double number ? number : 0).ToArray(), Dtype, Device); // [B]
        return embedded.Plus(inputs.view(-1, 1, 1) * Direction(Config.HiddenSize, Dtype, Device));
    }

    /// <summary>[hidden] where an input of 1 moves an embedding to.</summary>
    public static Tensor Direction(int hiddenSize, ScalarType dtype, Device device)
    {
        using var scope = NewDisposeScope();
        return Sums.Range(hiddenSize, device).to(dtype).cos().MoveToOuterDisposeScope();
    }
}
