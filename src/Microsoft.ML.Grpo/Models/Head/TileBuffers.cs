using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// The two tiles that the tiled head works in, made once a pass, the second where it is needed: a C allocator that keeps freed blocks cannot always give
/// the same aligned block again, and would take new memory for tile after tile. Tensors of the open dispose scope.
/// </summary>
internal sealed class TileBuffers
{
    private readonly Tensor _logits;
    private Tensor? _weights;

    /// <summary>Makes them as large as the largest tile is.</summary>
    public TileBuffers(HeadTerms terms, HeadTile tile)
    {
        var (input, weight) = terms.Products[0];
        long[] shape = [Math.Min(tile.Rows, input.shape[0]), Math.Min(tile.Vocabulary, weight.shape[0])];
        _logits = empty(shape, input.dtype, input.device);
    }

    /// <summary>The logits of one tile: [rows, vocabulary], good until the next.</summary>
    public Tensor Logits(HeadTerms terms, (long Start, long Length) rows, (long Start, long Length) entries)
    {
        var logits = Part(_logits, rows.Length, entries.Length);
        for (var i = 0; i < terms.Products.Count; i++)
        {
            var (input, weight) = terms.Products[i];
            logits.addmm_(input.narrow(0, rows.Start, rows.Length), weight.narrow(0, entries.Start, entries.Length).t(), beta: i == 0 ? 0 : 1);
        }

        return terms.Bias is { } bias ? logits.Plus_(bias.narrow(0, entries.Start, entries.Length)) : logits;
    }

    /// <summary>exp of a tile, beside it.</summary>
    public Tensor Exp(Tensor logits)
    {
        _weights ??= empty_like(_logits).MoveToOtherDisposeScope(_logits);
        return Part(_weights, logits.size(0), logits.size(1)).copy_(logits).exp_();
    }

    private static Tensor Part(Tensor buffer, long rows, long entries) => buffer.narrow(0, 0, rows).narrow(1, 0, entries);
}
