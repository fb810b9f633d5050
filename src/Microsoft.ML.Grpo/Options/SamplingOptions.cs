namespace Microsoft.ML.Grpo;

/// <summary>How completions are sampled while training and evaluating.</summary>
/// <remarks>A model's <c>generation_config.json</c> never changes these.</remarks>
public sealed class SamplingOptions
{
    /// <summary>Divides the logits, in sampling and in every log-probability that the loss sees.</summary>
    /// <value>Default: <c>1</c>. Range: 1e-4 or more.</value>
    /// <remarks>
    /// At 0 all completions of a group would be equal and nothing could be learned.
    /// <para>Source: TRL <c>temperature</c>.</para>
    /// </remarks>
    public double Temperature { get; set; } = 1;

    /// <summary>Samples from this many likeliest tokens only.</summary>
    /// <value>Default: <c>null</c> (off). Range: 1 or more.</value>
    /// <remarks>
    /// Off, since the loss sees the whole distribution and the sampler should too; set, it is warned of.
    /// <para>Refused: with a correction (<see cref="ImportanceSamplingOptions.Mode"/>).</para>
    /// <para>Source: TRL <c>top_k</c>.</para>
    /// </remarks>
    public int? TopK { get; set; }

    /// <summary>Samples from the smallest set of likeliest tokens whose probabilities reach this sum.</summary>
    /// <value>Default: <c>null</c> (off). Range: above 0, at most 1; 1 is off.</value>
    /// <remarks>
    /// Off for the reason of <see cref="TopK"/>; set below 1, it is warned of.
    /// <para>Refused: with a correction (<see cref="ImportanceSamplingOptions.Mode"/>).</para>
    /// <para>Source: TRL <c>top_p</c>.</para>
    /// </remarks>
    public double? TopP { get; set; }

    /// <summary>Samples only tokens whose probability is at least this share of the likeliest token's.</summary>
    /// <value>Default: <c>null</c> (off). Range: 0 to 1; 0 is off.</value>
    /// <remarks>
    /// Off for the reason of <see cref="TopK"/>; set above 0, it is warned of.
    /// <para>Refused: with a correction (<see cref="ImportanceSamplingOptions.Mode"/>).</para>
    /// <para>Source: TRL <c>min_p</c>.</para>
    /// </remarks>
    public double? MinP { get; set; }

    /// <summary>The token ids that end a completion, in place of the model's own; <c>Transform</c> uses them too.</summary>
    /// <value>Default: <c>empty</c> (the end-of-sequence ids of model and tokenizer and the template's end of turn). Range: ids from 0.</value>
    /// <remarks>
    /// Several models have more than one end; the model's own are the union of what its files name.
    /// <para>Source: Hugging Face <c>eos_token_id</c>.</para>
    /// </remarks>
    public IList<int> StopTokenIds { get; private set; } = new List<int>();

    /// <summary>How tokens are drawn in training.</summary>
    internal SamplingParameters ToParameters(int maxTokens, IReadOnlySet<int> stopIds) => new()
    {
        Temperature = Temperature,
        TopK = TopK,
        TopP = TopP,
        MinP = MinP,
        MaxTokens = maxTokens,
        StopIds = stopIds,
    };

    internal SamplingOptions Snapshot()
    {
        var copy = (SamplingOptions)MemberwiseClone();
        copy.StopTokenIds = [.. StopTokenIds];
        return copy;
    }
}
