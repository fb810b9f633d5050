using System.Diagnostics;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Benchmarks;

/// <summary>A network that notes when a step of decoding begins.</summary>
internal sealed class TimedLM(ModelConfig config, IReadOnlyDictionary<string, Tensor> weights) : CausalLM(config, weights)
{
    /// <summary>When each step since the last reset began.</summary>
    public List<long> Steps { get; } = [];

    protected override Tensor Embed(Tensor ids, ForwardRows? rows)
    {
        if (ids.shape[1] == 1)
        {
            Steps.Add(Stopwatch.GetTimestamp());
        }

        return base.Embed(ids, rows);
    }
}
