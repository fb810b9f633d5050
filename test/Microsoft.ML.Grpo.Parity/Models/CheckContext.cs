using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>What every check of a model needs.</summary>
internal sealed record CheckContext(string Name, CausalLM Model, Expectation Expected, Precision Precision, Report Report)
{
    /// <summary>Compares with each of the reference's precisions that apply to this run; one at least must be there.</summary>
    /// <param name="quantity">The key without its ending.</param>
    /// <param name="actual">Our result.</param>
    /// <param name="bound">What is allowed.</param>
    /// <param name="select">Picks the entries that mean something, from our result and the reference's alike.</param>
    public void Compare(string quantity, Tensor actual, Bound bound, Func<Tensor, Tensor>? select = null)
    {
        var keys = Precision.References.Select(reference => $"{quantity}_{reference}").Where(Expected.Has).ToList();
        if (keys.Count == 0)
        {
            Report.Fail($"{Name} {quantity}", "is not in the reference data");
        }

        foreach (var key in keys)
        {
            using var scope = NewDisposeScope();
            var expected = Expected[key];
            Report.Compare($"{Name} {key}", select?.Invoke(actual) ?? actual, select?.Invoke(expected) ?? expected, bound);
        }
    }

    /// <summary>The padded batch through the network: [B, T, hidden].</summary>
    public Tensor PaddedHidden() => Model.Hidden(Expected["input_ids"], Expected["attention_mask"]);

    /// <summary>The states that predict completion tokens, one place to the left of them: [B, T, hidden] to [B, C, hidden].</summary>
    public Tensor CompletionHidden(Tensor hidden)
    {
        var completion = Expected["completion_ids"].shape[1];
        return hidden.narrow(1, hidden.shape[1] - completion - 1, completion);
    }

    /// <summary>Log-probs and entropies [B, C] of the completion tokens; 0 where masked.</summary>
    public (Tensor LogProbs, Tensor Entropies) CompletionLogProbs(Tensor hidden, double temperature)
    {
        var (ids, mask) = (Expected["completion_ids"], Expected["completion_mask"].to(ScalarType.Bool));
        var rows = CompletionHidden(hidden).reshape(-1, hidden.shape[2]);
        var (logProbs, entropies) = TokenLogProbs.Compute(Model, rows, ids.reshape(-1), temperature);
        return (Masked(logProbs), Masked(entropies));

        Tensor Masked(Tensor flat)
        {
            var shaped = flat.view(ids.shape);
            return where(mask, shaped, zeros_like(shaped));
        }
    }
}
