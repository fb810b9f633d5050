using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>The tensors of a PEFT file: just those of the adapted layers, in the shapes that the network and the rank imply.</summary>
internal static class PeftWeights
{
    /// <exception cref="ModelFormatException">A tensor is missing, unexpected or misshapen, or repeats a weight of the model and differs from it.</exception>
    public static void Check(SafetensorsReader reader, CausalLM network, IReadOnlyList<string> layers, int rank)
    {
        var expected = new HashSet<string>(StringComparer.Ordinal);
        foreach (var layer in layers)
        {
            var weight = network.LinearLayers[layer].Weight; // [out, in]
            Expect(PeftNames.A(layer), rank, weight.shape[1]);
            Expect(PeftNames.B(layer), weight.shape[0], rank);
        }

        foreach (var name in reader.Entries.Keys.Where(name => !expected.Contains(name)))
        {
            CheckRepeated(reader, network, name);
        }

        void Expect(string name, params long[] shape)
        {
            expected.Add(name);
            if (!reader.Entries.TryGetValue(name, out var entry))
            {
                throw new ModelFormatException(reader.File, $"tensor '{name}' [{string.Join(", ", shape)}] is missing, though 'target_modules' of {PeftNames.Config} means its layer. Use the files that belong together, and the model that the adapter was trained on.");
            }

            if (!entry.Shape.SequenceEqual(shape))
            {
                throw new ModelFormatException(reader.File, $"tensor '{name}' has shape [{string.Join(", ", entry.Shape)}], but the model and 'r' of {PeftNames.Config} imply [{string.Join(", ", shape)}]. Use the model that the adapter was trained on.");
            }
        }
    }

    /// <summary>A and B by layer, in the network's dtype, on its device, and in no dispose scope.</summary>
    public static IReadOnlyDictionary<string, (Tensor A, Tensor B)> Read(SafetensorsReader reader, CausalLM network, IReadOnlyList<string> layers)
    {
        using var scope = NewDisposeScope(); // what was read is freed if a later tensor cannot be
        var matrices = layers.ToDictionary(layer => layer, layer => (Matrix(PeftNames.A(layer)), Matrix(PeftNames.B(layer))));
        foreach (var (a, b) in matrices.Values)
        {
            a.DetachFromDisposeScope();
            b.DetachFromDisposeScope();
        }

        return matrices;

        Tensor Matrix(string name) => reader.Read(name, network.Dtype, network.Device);
    }

    private static void CheckRepeated(SafetensorsReader reader, CausalLM network, string name)
    {
        using var scope = NewDisposeScope();
        if (PeftNames.Repeated(name) is not { } parameter)
        {
            throw new ModelFormatException(reader.File, $"tensor '{name}' is not part of an adapter on the layers that 'target_modules' of {PeftNames.Config} means, and leaving it out would change the results. Use the files that belong together.");
        }

        var own = network.Parameters[network.Parameters.ContainsKey(parameter) ? parameter : ModelWeights.Embedding];
        var repeated = reader.Read(name, own.dtype, own.device);
        if (!repeated.shape.SequenceEqual(own.shape) || !repeated.Equals(own))
        {
            throw new ModelFormatException(reader.File, $"tensor '{name}' differs from the model's, so the adapter was trained on another one, or with a changed vocabulary. Use that model, or merge the adapter into it in Python (merge_and_unload).");
        }
    }
}
