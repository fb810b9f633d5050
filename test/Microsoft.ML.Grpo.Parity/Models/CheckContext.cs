using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>What every check of a model needs.</summary>
internal sealed record CheckContext(string Name, CausalLM Model, Expectation Expected, Precision Precision, Report Report)
{
    /// <summary>How completions go through: in the padded batch with its mask (null), or packed as training packs them, with the prompt repeated or once.</summary>
    public PromptSharing? Sharing { get; init; }

    /// <summary>The three ways, and what lines of the report say of each after the model's name.</summary>
    public IEnumerable<CheckContext> Ways =>
        [this, this with { Name = Name + " packed", Sharing = PromptSharing.Never }, this with { Name = Name + " shared prompt", Sharing = PromptSharing.Always }];

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
    public (Tensor LogProbs, Tensor Entropies) CompletionLogProbs(double temperature)
    {
        if (Sharing is { } sharing)
        {
            return PackedLogProbs(temperature, sharing);
        }

        var (ids, mask) = (Expected["completion_ids"], Expected["completion_mask"].to(ScalarType.Bool));
        var hidden = PaddedHidden();
        var (logProbs, entropies) = TokenLogProbs.Compute(Model, CompletionHidden(hidden).reshape(-1, hidden.shape[2]), ids.reshape(-1), temperature);
        return (Masked(logProbs), Masked(entropies));

        Tensor Masked(Tensor flat)
        {
            var shaped = flat.view(ids.shape);
            return where(mask, shaped, zeros_like(shaped));
        }
    }

    /// <summary>The same by the way that training takes: every row twice, since a prompt is shared by two at least, and the mean of the two.</summary>
    private (Tensor LogProbs, Tensor Entropies) PackedLogProbs(double temperature, PromptSharing sharing)
    {
        var (completions, completionMask) = (Expected["completion_ids"], Expected["completion_mask"]);
        var prompt = Expected["input_ids"].shape[1] - completions.shape[1];
        var (prompts, promptMask) = (Expected["input_ids"].narrow(1, 0, prompt), Expected["attention_mask"].narrow(1, 0, prompt));
        var rows = Enumerable.Range(0, (int)completions.shape[0]).Select(row => new TokenSequence(Real(prompts, promptMask, row), Real(completions, completionMask, row))).ToArray();
        var (logProbs, entropies) = SequenceScorer.Score(Model, [.. rows, .. rows], new PassSettings(temperature, int.MaxValue) { Sharing = sharing }, new(), WorkPurpose.Loss);
        return (Mean(logProbs), Mean(entropies));

        Tensor Mean(Tensor twice)
        {
            var mean = twice.view(2, rows.Length, -1).mean([0]);
            return nn.functional.pad(mean, [0, completions.shape[1] - mean.shape[1]]);
        }

        static int[] Real(Tensor ids, Tensor mask, int row) => [.. ids[row].masked_select(mask[row].to(ScalarType.Bool)).data<long>().Select(id => (int)id)];
    }
}
