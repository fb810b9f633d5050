using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>A prompt and a completion, as one row of a forward pass.</summary>
/// <param name="Prompt">Prompt ids, at least one.</param>
/// <param name="Completion">Completion ids, at least one.</param>
/// <param name="Further">The row's further model input; null: none.</param>
/// <param name="ModelTokens">Which completion ids are asked about: those that the model wrote, and not a tool; null: all.</param>
internal readonly record struct TokenSequence(IReadOnlyList<int> Prompt, IReadOnlyList<int> Completion, object? Further = null, IReadOnlyList<bool>? ModelTokens = null)
{
    /// <summary>Places in the completion of the tokens that are asked about.</summary>
    public IEnumerable<int> Asked => ModelTokens is { } model ? Enumerable.Range(0, Completion.Count).Where(t => model[t]) : Enumerable.Range(0, Completion.Count);

    /// <summary>Tokens that a forward pass needs: the completion's last one predicts nothing.</summary>
    public int InputLength => Prompt.Count + Completion.Count - 1;
}

/// <summary>
/// The policy's view of completions it has been given: log-probs and entropies of their tokens. Only real tokens go through
/// the model, and only places that predict a token that is asked about reach the head.
/// </summary>
internal static class SequenceScorer
{
    /// <summary>Runs one forward pass.</summary>
    /// <param name="model">The policy, or a reference.</param>
    /// <param name="rows">B rows.</param>
    /// <param name="settings">How.</param>
    /// <param name="work">Where the pass is counted.</param>
    /// <param name="purpose">What for.</param>
    /// <param name="dropout">What dropout masks are drawn from; null: nothing is dropped.</param>
    /// <param name="entropyGraph">Whether the entropies shall have a graph too.</param>
    /// <returns>Two tensors [B, T], T the longest completion: log-probs, with graph if gradients are on, and entropies; 0 beyond a completion's end, and for tokens that are not asked about.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A completion has an id that the model does not know.</exception>
    public static (Tensor LogProbs, Tensor Entropies) Score(
        CausalLM model, IReadOnlyList<TokenSequence> rows, PassSettings settings, WorkCounters work, WorkPurpose purpose, DropoutKey? dropout = null, bool entropyGraph = false)
    {
        Check(model, rows);
        var device = model.Device;
        var width = rows.Max(r => r.Completion.Count);
        var line = new PackedRows(rows, model.Drops(dropout) ? PromptSharing.Never : settings.Sharing);
        work.Count(purpose, line.Ids.Count);
        var recomputation = settings.Checkpointing && purpose == WorkPurpose.Loss && is_grad_enabled() ? new Recomputation(work, line.Ids.Count) : null;
        using var scope = recomputation is null ? NewDisposeScope() : null; // a block that is run again reads what is made here
        var attention = new PackedAttention(line.Blocks, model.Config, model.Dtype, device);
        var of = ForwardRows.Of(line.Rows.Select(i => rows[i].Further), dropout is null ? null : dropout with { Rows = [.. line.Rows.Select(i => dropout.Rows[i])] }, line.Blocks);
        var hidden = model.Hidden(Line(line.Ids), Line(line.Positions), attention, of, recomputation).squeeze(0); // [N, hidden]
        var needed = EmbeddingRows.Of(hidden, Vector(rows.SelectMany((r, row) => r.Asked.Select(t => line.PredictorsOf(row)[t]))));
        var targets = Vector(rows.SelectMany(r => r.Asked.Select(t => (long)r.Completion[t])));
        var (logProbs, entropies) = TokenLogProbs.Compute(model, needed, targets, settings.Temperature, settings.Head, entropyGraph); // [completion tokens]
        var index = Vector(rows.SelectMany((r, row) => r.Asked.Select(t => ((long)row * width) + t)));
        Tensor Spread(Tensor values) => zeros((long)rows.Count * width, values.dtype, device).scatter(0, index, values).view(rows.Count, width);
        return (Result(Spread(logProbs)), Result(Spread(entropies)));

        Tensor Result(Tensor values) => scope is null ? values : values.MoveToOuterDisposeScope();
        Tensor Vector(IEnumerable<long> values) => tensor(values.ToArray(), device: device);
        Tensor Line(IEnumerable<long> values) => Vector(values).unsqueeze(0);
    }

    // The tiles of the head pass over an id that none of them has, and the last one of a completion is looked up nowhere else.
    private static void Check(CausalLM model, IReadOnlyList<TokenSequence> rows)
    {
        var known = model.Config.VocabularySize;
        if (rows.Any(row => row.Completion.Any(id => id < 0 || id >= known)))
        {
            var id = rows.SelectMany(row => row.Completion).First(id => id < 0 || id >= known);
            throw new ArgumentOutOfRangeException(nameof(rows), id, $"A completion has the token id {id}, but the model's ids go from 0 to {known - 1}. Use the tokenizer, and the rollout engine, of this model.");
        }
    }
}
