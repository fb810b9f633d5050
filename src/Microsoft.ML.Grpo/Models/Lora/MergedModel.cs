using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>A network's files with its adapter merged, as a loader that knows no adapters needs them. One merged tensor is in memory at a time.</summary>
internal static class MergedModel
{
    /// <summary>Writes the weights as a safetensors file.</summary>
    public static void WriteWeights(Stream stream, CausalLM network, ScalarType storedAs) =>
        SafetensorsWriter.Write(stream, Tensors(network), storedAs, network.MergedWeight);

    /// <summary>The parameters that the merged model has, before <see cref="CausalLM.MergedWeight"/> replaces some: the network's, and a head of its own if that stops being the embedding.</summary>
    public static IReadOnlyDictionary<string, Tensor> Tensors(CausalLM network) => Unties(network)
        ? new Dictionary<string, Tensor>(network.Parameters) { [ModelWeights.Head] = network.Parameters[ModelWeights.Embedding] }
        : network.Parameters;

    /// <summary>config.json of the merged model: as it is, unless the head stops being the embedding.</summary>
    public static byte[] Config(CausalLM network, byte[] config)
    {
        if (!Unties(network))
        {
            return config;
        }

        var root = JsonNode.Parse(JsonText.WithoutMark(config).Span)!.AsObject();
        root["tie_word_embeddings"] = false;
        return StoredDtype.ToBytes(root);
    }

    /// <summary>An adapter on a tied head moves the head alone, so that merged it is no longer the embedding.</summary>
    private static bool Unties(CausalLM network) => network.Config.TiedHead && network.Adapter?.Factors.ContainsKey(CausalLM.HeadLayer) == true;
}
