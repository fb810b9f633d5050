using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>Reads a network's parameters from a file, after checking that names and shapes are exactly those that config.json implies.</summary>
internal static class WeightLoader
{
    /// <returns>Every parameter by its name, owned by the caller and by no dispose scope.</returns>
    /// <exception cref="ModelFormatException">A tensor is missing, unexpected, misshapen or not floating point.</exception>
    public static IReadOnlyDictionary<string, Tensor> Load(IWeightSource source, ModelConfig config, ScalarType dtype, Device device)
    {
        if (config.Layers > source.Shapes.Count)
        {
            // Before a list of names is made for each of what may be billions of layers.
            throw new ModelFormatException(source.File, $"holds {source.Shapes.Count} tensors, fewer than the {config.Layers} layers of config.json. Use the config.json that belongs to the file.");
        }

        var shapes = ModelWeights.Shapes(config);
        Check(source, config, shapes);
        var weights = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        try
        {
            foreach (var name in shapes.Keys)
            {
                weights[name] = source.Read(name, dtype, device).DetachFromDisposeScope();
            }

            CheckTiedCopy(source, config, weights);
        }
        catch
        {
            foreach (var tensor in weights.Values)
            {
                tensor.Dispose();
            }

            throw;
        }

        return weights;
    }

    private static void Check(IWeightSource source, ModelConfig config, IReadOnlyDictionary<string, long[]> shapes)
    {
        foreach (var (name, shape) in shapes)
        {
            if (!source.Shapes.TryGetValue(name, out var stored))
            {
                var remedy = name == ModelWeights.Head
                    ? "If the head is the embedding matrix, set \"tie_word_embeddings\": true in config.json; otherwise use a complete file."
                    : $"config.json describes a {config.ModelType} of {config.Layers} layers: use a file that belongs to it.";
                throw new ModelFormatException(source.File, $"tensor '{name}' [{string.Join(", ", shape)}] is missing. {remedy}");
            }

            if (!stored.SequenceEqual(shape))
            {
                throw new ModelFormatException(source.File, $"tensor '{name}' has shape [{string.Join(", ", stored)}], but config.json implies [{string.Join(", ", shape)}]. Use the config.json that belongs to the file.");
            }
        }

        foreach (var name in source.Shapes.Keys)
        {
            var isTiedCopy = config.TiedHead && name == ModelWeights.Head;
            if (!shapes.ContainsKey(name) && !ModelWeights.IsComputed(name) && !isTiedCopy)
            {
                throw new ModelFormatException(source.File, $"tensor '{name}' is not part of a {config.ModelType} as config.json describes it, and leaving it out would change the results. Use the config.json that belongs to the file; merge adapters before saving.");
            }
        }
    }

    /// <summary>A file may hold the tied head a second time; if the two differ, the head is not tied, whatever config.json says.</summary>
    private static void CheckTiedCopy(IWeightSource source, ModelConfig config, Dictionary<string, Tensor> weights)
    {
        if (!config.TiedHead || !source.Shapes.ContainsKey(ModelWeights.Head))
        {
            return;
        }

        var embedding = weights[ModelWeights.Embedding];
        using var head = source.Read(ModelWeights.Head, embedding.dtype, embedding.device);
        if (!head.shape.SequenceEqual(embedding.shape) || !head.Equals(embedding))
        {
            throw new ModelFormatException(source.File, $"tensor '{ModelWeights.Head}' differs from '{ModelWeights.Embedding}', but config.json ties them. Set \"tie_word_embeddings\": false in config.json.");
        }
    }
}
