using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <content>What is trained: an adapter beside frozen weights, or the weights themselves.</content>
internal partial class CausalLM
{
    /// <summary>Name of the head as a linear layer, whether it has a weight of its own or is the embedding.</summary>
    public const string HeadLayer = "lm_head";

    private bool _merged;

    /// <summary>The linear layers by their names, block by block, the head last: the layers that an adapter may be on.</summary>
    public OrderedDictionary<string, Projection> LinearLayers { get; }

    /// <summary>The adapter, owned by the network; null if there is none.</summary>
    public LoraAdapter? Adapter { get; private set; }

    /// <summary>What training changes: the adapter's matrices by their names in PEFT's files, or without an adapter all <see cref="Parameters"/>.</summary>
    public IReadOnlyDictionary<string, Tensor> Trained => Adapter?.Parameters ?? Parameters;

    /// <summary>Number of weights that training changes.</summary>
    public long TrainedCount => Trained.Values.Sum(p => p.numel());

    /// <summary>Puts an adapter beside the weights, which are frozen from now on, and takes ownership of it.</summary>
    /// <exception cref="InvalidOperationException">There is an adapter already.</exception>
    /// <exception cref="ArgumentException">A layer of the adapter is not in the network, or has another shape, dtype or device there.</exception>
    public void Attach(LoraAdapter adapter)
    {
        if (Adapter is not null)
        {
            throw new InvalidOperationException("The network has an adapter already, and two would add up unseen. Train the one it has, or save the model with that merged and adapt the result.");
        }

        foreach (var (layer, factor) in adapter.Factors)
        {
            Check(layer, factor, adapter.Settings.Rank);
        }

        RequireGradients(false);
        foreach (var (layer, factor) in adapter.Factors)
        {
            LinearLayers[layer].Attach(factor);
        }

        Adapter = adapter;
    }

    /// <summary>Turns the recording of gradients for the weights that training changes on or off; for all others it is off.</summary>
    /// <exception cref="InvalidOperationException">Gradients are wanted of an adapter that is merged.</exception>
    public void RequireGradients(bool required)
    {
        if (required && _merged)
        {
            throw new InvalidOperationException("The adapter is merged into the weights, so no gradient would reach it. Call Unmerge first.");
        }

        foreach (var parameter in Trained.Values)
        {
            parameter.requires_grad = required;
        }
    }

    /// <summary>A scope in which the network computes without its adapter: the policy before training. Scopes nest.</summary>
    /// <exception cref="InvalidOperationException">There is no adapter, so the network without it would be the network itself.</exception>
    public IDisposable WithoutAdapter() =>
        Adapter?.TurnOff() ?? throw new InvalidOperationException("The network has no adapter to turn off. Use a frozen copy of its weights (CloneFrozen) as the reference.");

    /// <summary>
    /// Computes with the adapter added into a copy of the weights, which saves two small products a layer, as the adapter is now:
    /// merge again after it changed. The weights themselves are kept.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no adapter, or it is merged already, or the network computes in bfloat16.</exception>
    public void Merge()
    {
        if (Adapter is null || _merged)
        {
            throw new InvalidOperationException(_merged ? "The adapter is merged already. Call Unmerge first, if it has changed since." : "The network has no adapter to merge. Attach one first.");
        }

        if (ComputeType == ComputeType.BFloat16)
        {
            throw MergedInBFloat16();
        }

        _merged = true;
        try
        {
            foreach (var projection in LinearLayers.Values)
            {
                projection.Merge();
            }
        }
        catch
        {
            Unmerge();
            throw;
        }
    }

    /// <summary>Computes with the weights as they were before <see cref="Merge"/>, to the bit, and the adapter beside them.</summary>
    public void Unmerge()
    {
        foreach (var projection in LinearLayers.Values)
        {
            projection.Unmerge();
        }

        _merged = false;
    }

    /// <summary>What stands in for a parameter in a model with the adapter merged: a new tensor of the caller's, or null if the parameter stays.</summary>
    public Tensor? MergedWeight(string parameter)
    {
        const string Ending = ".weight";
        return parameter.EndsWith(Ending, StringComparison.Ordinal) && LinearLayers.TryGetValue(parameter[..^Ending.Length], out var projection)
            ? projection.MergedWeight()
            : null;
    }

    /// <summary>A frozen copy that computes to the bit what this network computes now: with its adapter beside the weights, merged or off, as here.</summary>
    public CausalLM CloneFrozen()
    {
        var copy = Copy(Dtype, Device, Adapter is { On: true });
        if (copy.Adapter is not null && _merged)
        {
            copy.Merge();
        }

        return copy;
    }

    /// <summary>A copy of the weights and the adapter.</summary>
    /// <param name="dtype">Type of the copy's weights.</param>
    /// <param name="device">Where they shall lie.</param>
    /// <param name="withAdapter">Whether the adapter, if there is one, is copied too.</param>
    public CausalLM Copy(ScalarType dtype, Device device, bool withAdapter = true)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var copy = WithWeights(Parameters.ToDictionary(p => p.Key, p => p.Value.detach().to(dtype, device, copy: true)));
        copy.ComputeIn(ComputeType, frozen: false);
        if (Adapter is not null && withAdapter)
        {
            copy.Attach(Adapter.CopyFor(copy));
        }

        return copy;
    }

    /// <summary>Whether a pass with a dropout key drops anything.</summary>
    public bool Drops(DropoutKey? key) => key is not null && Adapter is { On: true, Settings.Dropout: > 0 };

    private static InvalidOperationException MergedInBFloat16() =>
        new("In bfloat16 a merged weight would round the adapter's change away. Compute in float32, or leave the adapter beside the weights.");

    private DropoutMasks? Masks(ForwardRows? rows, Tensor positions)
    {
        if (!Drops(rows?.Dropout))
        {
            return null;
        }

        var share = Adapter!.Settings.Dropout;
        return !Adapter.Factors.ContainsKey(HeadLayer)
            ? new(rows!.Dropout!, share, positions, rows.Blocks)
            : throw new NotSupportedException(
                $"The adapter has dropout {share} and is on the head ({HeadLayer}), whose input is a selection of states that has no places to draw masks by. Set dropout to 0, or leave {HeadLayer} out.");
    }

    private void Check(string layer, LoraFactor factor, int rank)
    {
        var weight = LinearLayers.TryGetValue(layer, out var projection)
            ? projection.Weight
            : throw new ArgumentException($"The adapter is on '{layer}', which the network does not have. Its linear layers are {LoraTargets.Describe(this)}.");
        if (!factor.A.shape.SequenceEqual([rank, weight.shape[1]]) || !factor.B.shape.SequenceEqual([weight.shape[0], rank]))
        {
            throw new ArgumentException(
                $"The adapter's matrices on '{layer}' are [{string.Join(", ", factor.A.shape)}] and [{string.Join(", ", factor.B.shape)}], "
                + $"but rank {rank} on a weight [{string.Join(", ", weight.shape)}] takes [{rank}, {weight.shape[1]}] and [{weight.shape[0]}, {rank}]. Use the model that the adapter was trained on.");
        }

        if (factor.A.dtype != weight.dtype || factor.B.dtype != weight.dtype || factor.A.device_type != weight.device_type || factor.B.device_type != weight.device_type)
        {
            throw new ArgumentException($"The adapter's matrices on '{layer}' are {factor.A.dtype} on {factor.A.device}, but the weight is {weight.dtype} on {weight.device}. Make them alike.");
        }
    }
}
