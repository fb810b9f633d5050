using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>A prompt and a completion, as one row of a forward pass.</summary>
/// <param name="Prompt">Prompt ids, at least one.</param>
/// <param name="Completion">Completion ids, at least one.</param>
/// <param name="Further">The row's further model input; null: none.</param>
internal readonly record struct TokenSequence(IReadOnlyList<int> Prompt, IReadOnlyList<int> Completion, object? Further = null)
{
    /// <summary>Tokens that a forward pass needs: the completion's last one predicts nothing.</summary>
    public int InputLength => Prompt.Count + Completion.Count - 1;
}

/// <summary>
/// The policy's view of completions it has been given: log-probs and entropies of their tokens. Rows start at place 0 and
/// are padded on the right, so no mask is needed, and only places that predict a completion token reach the head.
/// </summary>
internal static class SequenceScorer
{
    /// <summary>Runs one forward pass.</summary>
    /// <param name="model">The policy, or a reference.</param>
    /// <param name="rows">B rows.</param>
    /// <param name="temperature">Divides the logits; positive.</param>
    /// <param name="work">Where the pass is counted.</param>
    /// <param name="purpose">What for.</param>
    /// <param name="dropout">What dropout masks are drawn from; null: nothing is dropped.</param>
    /// <param name="entropyGraph">Whether the entropies shall have a graph too.</param>
    /// <returns>Two tensors [B, T], T the longest completion: log-probs, with graph if gradients are on, and entropies; 0 beyond a completion's end.</returns>
    public static (Tensor LogProbs, Tensor Entropies) Score(
        CausalLM model, IReadOnlyList<TokenSequence> rows, double temperature, WorkCounters work, WorkPurpose purpose, DropoutKey? dropout = null, bool entropyGraph = false)
    {
        using var scope = NewDisposeScope();
        var length = rows.Max(r => r.InputLength);
        var width = rows.Max(r => r.Completion.Count);
        var ids = new long[rows.Count, length];
        var (predictors, targets, places) = (new List<long>(), new List<long>(), new List<long>());
        for (var row = 0; row < rows.Count; row++)
        {
            var (prompt, completion, _) = rows[row];
            for (var t = 0; t < rows[row].InputLength; t++)
            {
                ids[row, t] = t < prompt.Count ? prompt[t] : completion[t - prompt.Count];
            }

            for (var t = 0; t < completion.Count; t++)
            {
                predictors.Add(((long)row * length) + prompt.Count - 1 + t);
                targets.Add(completion[t]);
                places.Add(((long)row * width) + t);
            }
        }

        work.Count(purpose, rows.Sum(r => (long)r.InputLength));
        var device = model.Device;
        var hidden = model.Hidden(tensor(ids, device: device), rows: ForwardRows.Of(rows.Select(r => r.Further), dropout)); // [B, L, hidden]
        var needed = hidden.view(-1, hidden.shape[2]).index(tensor(predictors, device: device)); // [N, hidden]
        var (logProbs, entropies) = LogProbHead.Compute(model, needed, tensor(targets, device: device), temperature, entropyGraph); // [N]
        var index = tensor(places, device: device);
        Tensor Spread(Tensor values) => zeros((long)rows.Count * width, values.dtype, device).scatter(0, index, values).view(rows.Count, width);
        return (Spread(logProbs).MoveToOuterDisposeScope(), Spread(entropies).MoveToOuterDisposeScope());
    }
}
