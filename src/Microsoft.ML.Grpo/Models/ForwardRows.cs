namespace Microsoft.ML.Grpo;

/// <summary>What a forward pass knows of its rows besides their ids.</summary>
internal sealed record ForwardRows
{
    /// <summary>[B] a network's further input of each row, such as an image, which nothing but the network looks into; null: none has any.</summary>
    public IReadOnlyList<object?>? Further { get; init; }

    /// <summary>What the pass draws dropout masks from; null: nothing is dropped.</summary>
    public DropoutKey? Dropout { get; init; }

    /// <summary>The pass is one line of tokens, [1, N], in which its rows stand block by block; null: each row of the pass is one.</summary>
    public IReadOnlyList<PackedBlock>? Blocks { get; init; }

    /// <summary>What a pass has to know of its rows; null if that is nothing, so that a pass over ids alone costs no more than ids.</summary>
    /// <param name="further">[B] the rows' further inputs; null where a row has none.</param>
    /// <param name="dropout">What dropout masks are drawn from, or null.</param>
    /// <param name="blocks">How they stand in one line of tokens, or null.</param>
    public static ForwardRows? Of(IEnumerable<object?> further, DropoutKey? dropout = null, IReadOnlyList<PackedBlock>? blocks = null)
    {
        object?[] inputs = [.. further];
        var none = Array.TrueForAll(inputs, input => input is null);
        return none && dropout is null ? null : new() { Further = none ? null : inputs, Dropout = dropout, Blocks = blocks };
    }
}

/// <summary>Names a pass and its rows, so that a dropout mask is a function of what it is for and not of how rows are batched.</summary>
/// <param name="Seed">The run's seed.</param>
/// <param name="Rollout">Number of the rollout.</param>
/// <param name="Visit">Which walk over the rollout.</param>
/// <param name="Purpose">What the pass is for.</param>
/// <param name="Rows">[B] places of the pass's rows in the rollout.</param>
internal sealed record DropoutKey(long Seed, long Rollout, int Visit, WorkPurpose Purpose, IReadOnlyList<int> Rows);
