using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// One pass whose blocks keep their inputs alone, and are run again in the backward pass (activation checkpointing, Chen et
/// al. 2016). Everything that the blocks read must live until then.
/// </summary>
/// <param name="work">Where running them again is counted.</param>
/// <param name="tokens">Tokens of the pass.</param>
internal sealed class Recomputation(WorkCounters work, long tokens)
{
    private bool _counted;
    private Tensor? _returned;

    /// <summary>A block that is run now without a graph, and again with one when its gradient is asked for.</summary>
    /// <param name="block">[..., hidden] to [..., hidden].</param>
    /// <param name="x">Its input.</param>
    /// <param name="isTrained">Whether the block has something to learn.</param>
    public Tensor Run(Func<Tensor, Tensor> block, Tensor x, bool isTrained) =>
        x.requires_grad ? RecomputedBlock.apply(this, block, x)
        : isTrained ? RecomputedBlock.apply(this, block, x.detach().requires_grad_(true)) // else it would have no graph to be run again from
        : block(x);

    /// <summary>Counts the pass, at its first block.</summary>
    internal void Count()
    {
        if (!_counted)
        {
            _counted = true;
            work.Count(WorkPurpose.Recompute, tokens);
        }
    }

    /// <summary>Holds the gradient that a block hands on, and lets that of the block before go, which has been used by now.</summary>
    internal void Return(Tensor gradient)
    {
        _returned?.Dispose();
        _returned = gradient;
    }
}
