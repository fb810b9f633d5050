using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>A small policy with random weights over bytes, held in memory: 257 tokens, of which the first 40 and the last end a completion.</summary>
internal static class TinyPolicy
{
    public const int EndId = 256;

    public static IReadOnlyList<int> StopIds { get; } = [.. Enumerable.Range(0, 40), EndId];

    public static Policy Create(
        ScalarType dtype = ScalarType.Float64, Action<IDictionary<string, Tensor>>? edit = null, string configKeys = "", int maxPositions = 96, bool tied = true,
        Func<ModelConfig, IReadOnlyDictionary<string, Tensor>, CausalLM>? network = null)
    {
        var json = TinyTokenizer.Json();
        json["added_tokens"] = new JsonArray(TinyTokenizer.Added(EndId, "<|im_end|>"));
        var config = $$"""
            {
              "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 16, "intermediate_size": 24, "num_attention_heads": 4,
              "num_key_value_heads": 2, "num_hidden_layers": 2, "vocab_size": 257, "max_position_embeddings": {{maxPositions}}, "rms_norm_eps": 1e-05,
              "rope_theta": 10000.0, "tie_word_embeddings": {{(tied ? "true" : "false")}}, "eos_token_id": {{EndId}}{{configKeys}}
            }
            """;
        var files = new ModelFiles(
            new Dictionary<string, byte[]> { [ModelFiles.Config] = Encoding.UTF8.GetBytes(config), ["tokenizer.json"] = JsonSerializer.SerializeToUtf8Bytes(json) }, "tiny");
        using var model = RandomModel.Create(RandomModel.Config with { VocabularySize = 257, HiddenSize = 16, IntermediateSize = 24, HeadSize = 4, TiedHead = tied });
        using var scope = NewDisposeScope();
        var weights = new Dictionary<string, Tensor>(model.Parameters);
        edit?.Invoke(weights);
        var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, weights, ScalarType.Float32);
        stream.Position = 0;
        return Policy.Of(PretrainedModel.Load(files, stream, dtype, CPU, network), PromptFormat.Raw, null, StopIds);
    }

    /// <summary>All weights in one row.</summary>
    public static double[] Weights(Policy policy) => [.. policy.Network.Parameters.Values.SelectMany(Near.Doubles)];

    /// <summary>Norm of the difference over the norm of the first.</summary>
    public static double Distance(double[] a, double[] b)
    {
        Assert.AreEqual(a.Length, b.Length);
        return Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum() / a.Sum(x => x * x));
    }
}
