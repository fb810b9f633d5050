using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>Rows of the same length that stand one after another in a line of tokens.</summary>
/// <param name="Offset">Place of the first token in the line.</param>
/// <param name="Rows">How many, 1 or more.</param>
/// <param name="Length">Tokens of each, 1 or more.</param>
internal sealed record PackedBlock(int Offset, int Rows, int Length)
{
    /// <summary>The block of prompts that its rows go on from; null: they start at place 0.</summary>
    public PackedBlock? Prompts { get; init; }

    /// <summary>[Rows] which prompt of that block each goes on from.</summary>
    public IReadOnlyList<int> PromptOfRow { get; init; } = [];

    /// <summary>Its part of something per token: [1, N, ...] to a view [Rows, Length, ...].</summary>
    public Tensor Of(Tensor line) => line.narrow(1, Offset, (long)Rows * Length).view([Rows, Length, .. line.shape[2..]]);
}
