using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <content>The number type of the products in the blocks.</content>
internal partial class CausalLM
{
    private readonly SortedDictionary<string, Tensor> _parameters;

    /// <summary>
    /// The type of the products in the blocks' linear layers. All else is computed in the weights' own type: look-ups, norms, rotary
    /// positions, attention, the residual stream, an adapter's matrices, the head, and what follows from the logits.
    /// </summary>
    public ComputeType ComputeType => BlockLayers.First().Value.InBFloat16 ? ComputeType.BFloat16 : ComputeType.Float32;

    private IEnumerable<KeyValuePair<string, Projection>> BlockLayers => LinearLayers.Where(layer => layer.Key != HeadLayer);

    /// <summary>Computes in a type from now on.</summary>
    /// <param name="type">Float32 (the weights' own type) or BFloat16.</param>
    /// <param name="frozen">
    /// The weights are not trained: those that are bfloat16 numbers already, as in most files, are kept as such, in half the memory. Others
    /// are kept as they are, so that nothing of the model is lost when it is saved.
    /// </param>
    /// <exception cref="InvalidOperationException">An adapter is merged, which bfloat16 would round away.</exception>
    public void ComputeIn(ComputeType type, bool frozen)
    {
        if (type == ComputeType.BFloat16 && _merged)
        {
            throw MergedInBFloat16();
        }

        foreach (var (name, layer) in BlockLayers)
        {
            layer.InBFloat16 = type == ComputeType.BFloat16;
            if (frozen && layer.InBFloat16)
            {
                Narrow(name + ".weight", layer);
            }
        }
    }

    private void Narrow(string name, Projection layer)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var rounded = layer.Weight.to(ScalarType.BFloat16);
        if (!rounded.to(layer.Weight.dtype).Equals(layer.Weight))
        {
            return;
        }

        var narrow = new Parameter(rounded, requires_grad: false);
        narrow.DetachFromDisposeScope();
        layer.Weight.Dispose();
        layer.Replace(narrow);
        _parameters[name] = narrow;
    }
}
