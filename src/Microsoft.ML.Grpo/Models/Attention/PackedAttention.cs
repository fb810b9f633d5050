using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Attention of rows that stand one after another in one line of tokens, with no padding between. A row sees itself alone; one
/// that goes on from a prompt sees that too, whose keys and values are in the line but once. Rows of a block go together.
/// </summary>
internal sealed class PackedAttention : IAttention
{
    private readonly PackedBlock[] _blocks;
    private readonly Dictionary<PackedBlock, (Tensor Mask, Tensor? Which)> _after = [];

    /// <summary>Makes the attention of one pass. What it holds lives in the dispose scope that is open.</summary>
    /// <param name="blocks">All tokens of the line, in order.</param>
    /// <param name="model">The model's shape.</param>
    /// <param name="dtype">Of its weights.</param>
    /// <param name="device">Of its weights.</param>
    public PackedAttention(IEnumerable<PackedBlock> blocks, ModelConfig model, ScalarType dtype, Device device)
    {
        _blocks = [.. blocks];
        foreach (var block in _blocks.Where(b => b.Prompts is not null))
        {
            var mask = DotProduct.SuffixMask(block.Prompts!.Length, block.Length, model.Heads / model.KeyValueHeads, dtype, device);
            var one = block.PromptOfRow.Distinct().Count() == 1;
            _after.Add(block, (mask, one ? null : tensor(block.PromptOfRow.Select(p => (long)p).ToArray(), device: device)));
        }
    }

    /// <inheritdoc/>
    public Tensor Attend(int layer, Tensor query, Tensor key, Tensor value)
    {
        using var scope = NewDisposeScope();
        var (queries, keys, values) = (query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2)); // [1, N, H, D]
        Tensor[] mixed = [.. _blocks.Select(block => Attend(block, queries, keys, values))];
        return (mixed.Length == 1 ? mixed[0] : cat(mixed, 1)).transpose(1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>[1, Rows · Length, H, D].</summary>
    private Tensor Attend(PackedBlock block, Tensor queries, Tensor keys, Tensor values)
    {
        using var scope = NewDisposeScope();
        Tensor Heads(PackedBlock of, Tensor line) => of.Of(line).transpose(1, 2); // [Rows, H, Length, D]
        var query = Heads(block, queries);
        Tensor mixed;
        if (block.Prompts is null)
        {
            mixed = DotProduct.Causal(query, Heads(block, keys), Heads(block, values));
        }
        else
        {
            var (mask, which) = _after[block];
            Tensor Whole(Tensor line) => cat([OfRows(Heads(block.Prompts, line), block, which), Heads(block, line)], 2); // [Rows, Hkv, P + Length, D]
            mixed = DotProduct.Suffix(query, Whole(keys), Whole(values), mask);
        }

        return mixed.transpose(1, 2).reshape(1, -1, query.shape[1], query.shape[3]).MoveToOuterDisposeScope();
    }

    // The gradient of index_select adds in order on the CPU; on CUDA it adds atomically, and that of an index does not.
    private static Tensor OfRows(Tensor prompts, PackedBlock block, Tensor? which) => which is null
        ? prompts.narrow(0, block.PromptOfRow[0], 1).expand(block.Rows, -1, -1, -1)
        : which.device_type == DeviceType.CUDA ? prompts.index(which) : prompts.index_select(0, which);
}
