using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// The KL from the initial policy to the current one, estimated on completions that the initial policy sampled at step 0: no second model is kept.
/// </summary>
internal sealed class PolicyDrift(CausalLM network, PassSettings passes, WorkCounters work, RunWarnings? warnings = null)
{
    private const int MostRows = 256;

    private RolloutRow[]? _initial;

    /// <summary>Measures it, in nats a token; 0 the first time, when the completions given become those that it is measured on.</summary>
    public double Measure(IReadOnlyList<RolloutRow> sampled, CancellationToken cancellationToken)
    {
        if (_initial is null)
        {
            _initial = [.. sampled.Take(MostRows)];
            return 0;
        }

        using var noGrad = no_grad();
        var (sum, tokens) = (0.0, 0L);
        foreach (var microBatch in MicroBatches.Split(Enumerable.Range(0, _initial.Length), i => _initial[i].Sequence, passes.MicroBatchTokens, passes.Sharing))
        {
            cancellationToken.ThrowIfCancellationRequested();
            warnings?.Watch(microBatch);
            var batch = microBatch.Rows;
            using var scope = NewDisposeScope();
            var (logProbs, _) = SequenceScorer.Score(network, [.. batch.Select(i => _initial[i].Sequence)], passes, work, WorkPurpose.Evaluation);
            sum += batch.Sum(i => _initial[i].Completion.LogProb) - logProbs.sum().to(ScalarType.Float64).item<double>();
            tokens += batch.Sum(i => (long)_initial[i].Completion.Ids.Count);
        }

        return sum / tokens;
    }
}
