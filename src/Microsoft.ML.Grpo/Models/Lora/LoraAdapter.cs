using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Low-rank matrices A [r, in] and B [out, r] beside the frozen weights of some linear layers: <c>y = W x + b + scale · B A x</c>
/// (Hu et al. 2021, LoRA). It owns them. Attached to a network it belongs to that network.
/// </summary>
internal sealed class LoraAdapter : IDisposable
{
    private int _off;

    /// <summary>Takes ownership of matrices.</summary>
    /// <param name="settings">The adapter's numbers.</param>
    /// <param name="network">The network whose layers they are for; it is not changed.</param>
    /// <param name="matrices">A and B by the layer's name; of the network's dtype and on its device.</param>
    /// <param name="baseModel">What the network was loaded from, as PEFT writes it; null if that is not known.</param>
    public LoraAdapter(LoraSettings settings, CausalLM network, IReadOnlyDictionary<string, (Tensor A, Tensor B)> matrices, string? baseModel = null)
    {
        if (matrices.Keys.FirstOrDefault(layer => !network.LinearLayers.ContainsKey(layer)) is { } unknown)
        {
            throw new ArgumentException($"The network has no linear layer '{unknown}' to put an adapter on. It has {LoraTargets.Describe(network)}.", nameof(matrices));
        }

        (Settings, BaseModel) = (settings, baseModel);
        var factors = new OrderedDictionary<string, LoraFactor>();
        var parameters = new SortedDictionary<string, Tensor>(StringComparer.Ordinal);
        for (var number = 0; number < network.LinearLayers.Count; number++)
        {
            var layer = network.LinearLayers.GetAt(number).Key;
            if (matrices.TryGetValue(layer, out var pair))
            {
                var (a, b) = (new Parameter(pair.A, requires_grad: false), new Parameter(pair.B, requires_grad: false));
                a.DetachFromDisposeScope();
                b.DetachFromDisposeScope();
                factors.Add(layer, new(this, number, a, b));
                (parameters[PeftNames.A(layer)], parameters[PeftNames.B(layer)]) = (a, b);
            }
        }

        (Factors, Parameters) = (factors, parameters);
    }

    public LoraSettings Settings { get; }

    /// <summary>What PEFT writes as <c>base_model_name_or_path</c>; null if it is not known.</summary>
    public string? BaseModel { get; }

    /// <summary>The matrices by the name of their layer, in the network's order.</summary>
    public IReadOnlyDictionary<string, LoraFactor> Factors { get; }

    /// <summary>Every matrix by its name in a PEFT file, in ordinal order of names.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters { get; }

    /// <summary>Whether the adapter takes part in what the network computes: not within a scope of <see cref="TurnOff"/>.</summary>
    public bool On => _off == 0;

    /// <summary>Turns the adapter off until the scope is disposed; scopes nest.</summary>
    public IDisposable TurnOff() => new OffScope(this);

    /// <summary>A copy of the matrices for a copy of the network.</summary>
    /// <param name="network">The copy; of any dtype and on any device.</param>
    public LoraAdapter CopyFor(CausalLM network)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Tensor Copy(Tensor x) => x.detach().to(network.Dtype, network.Device, copy: true);
        return new(Settings, network, Factors.ToDictionary(f => f.Key, f => (Copy(f.Value.A), Copy(f.Value.B))), BaseModel);
    }

    public void Dispose()
    {
        foreach (var parameter in Parameters.Values)
        {
            parameter.Dispose();
        }
    }

    private sealed class OffScope : IDisposable
    {
        private LoraAdapter? _adapter;

        public OffScope(LoraAdapter adapter)
        {
            _adapter = adapter;
            adapter._off++;
        }

        public void Dispose()
        {
            if (_adapter is { } adapter)
            {
                _adapter = null;
                adapter._off--;
            }
        }
    }
}
