namespace Microsoft.ML.Grpo;

/// <summary>How <c>Transform</c> completes prompts, and how a chat client answers unless a request says otherwise; saved with the transformer.</summary>
public sealed class GenerationOptions
{
    /// <summary>The longest completion, in tokens.</summary>
    /// <value>Default: <c>null</c> (as <see cref="GrpoOptions.MaxCompletionTokens"/>). Range: 1 or more.</value>
    /// <remarks>
    /// A policy that learned to be brief needs no more room than it had.
    /// <para>Source: Hugging Face <c>max_new_tokens</c>.</para>
    /// </remarks>
    public int? MaxCompletionTokens { get; set; }

    /// <summary>Divides the logits; 0 always takes the likeliest token (greedy).</summary>
    /// <value>Default: <c>0</c>. Range: 0, or 1e-4 or more.</value>
    /// <remarks>
    /// The same prompt then gets the same answer.
    /// <para>Source: Hugging Face <c>temperature</c>.</para>
    /// </remarks>
    public double Temperature { get; set; }

    /// <summary>Samples from this many likeliest tokens only.</summary>
    /// <value>Default: <c>null</c> (off). Range: 1 or more.</value>
    /// <remarks>
    /// Off, as in training.
    /// <para>Refused: when <see cref="Temperature"/> is 0.</para>
    /// <para>Source: Hugging Face <c>top_k</c>.</para>
    /// </remarks>
    public int? TopK { get; set; }

    /// <summary>Samples from the smallest set of likeliest tokens whose probabilities reach this sum.</summary>
    /// <value>Default: <c>null</c> (off). Range: above 0, at most 1; 1 is off.</value>
    /// <remarks>
    /// Off, as in training.
    /// <para>Refused: when <see cref="Temperature"/> is 0.</para>
    /// <para>Source: Hugging Face <c>top_p</c>.</para>
    /// </remarks>
    public double? TopP { get; set; }

    /// <summary>Samples only tokens whose probability is at least this share of the likeliest token's.</summary>
    /// <value>Default: <c>null</c> (off). Range: 0 to 1; 0 is off.</value>
    /// <remarks>
    /// Off, as in training.
    /// <para>Refused: when <see cref="Temperature"/> is 0.</para>
    /// <para>Source: Hugging Face <c>min_p</c>.</para>
    /// </remarks>
    public double? MinP { get; set; }

    /// <summary>Rows that are completed at once; the results do not depend on it.</summary>
    /// <value>Default: <c>64</c>. Range: 1 or more.</value>
    /// <remarks>
    /// More is faster until the memory is full.
    /// <para>Source: our own.</para>
    /// </remarks>
    public int BatchSize { get; set; } = 64;

    /// <summary>Fixes the draws of <c>Transform</c>.</summary>
    /// <value>Default: <c>null</c> (the run's seed). Range: any number.</value>
    /// <remarks>
    /// A draw depends on the seed and on the prompt itself, not on its row or on the rows beside it: equal prompts get equal completions.
    /// <para>Refused: when <see cref="Temperature"/> is 0.</para>
    /// <para>Source: our own.</para>
    /// </remarks>
    public long? Seed { get; set; }

    internal GenerationOptions Snapshot() => (GenerationOptions)MemberwiseClone();
}
