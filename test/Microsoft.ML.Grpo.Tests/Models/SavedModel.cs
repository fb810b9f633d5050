using System.Text;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>A small model's files, as a test changes them before they are written.</summary>
internal sealed class SavedModel
{
    public const string TiedConfig = """
        {
          "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 32, "intermediate_size": 48, "num_attention_heads": 4,
          "num_key_value_heads": 2, "num_hidden_layers": 2, "vocab_size": 40, "max_position_embeddings": 128, "rms_norm_eps": 1e-05,
          "rope_theta": 10000.0, "tie_word_embeddings": true, "eos_token_id": 2, "torch_dtype": "bfloat16", "note": "für später"
        }
        """;

    public Dictionary<string, byte[]> Files { get; } = new() { ["config.json"] = Encoding.UTF8.GetBytes(TiedConfig) };

    /// <summary>Writes the files and a random model's weights, which <paramref name="edit"/> may change.</summary>
    public void Write(string folder, Action<Dictionary<string, Tensor>>? edit = null, ScalarType storedAs = ScalarType.Float32)
    {
        WriteFiles(folder);
        using var model = RandomModel.Create(dtype: ScalarType.Float32);
        using var scope = NewDisposeScope();
        var weights = new Dictionary<string, Tensor>(model.Parameters);
        edit?.Invoke(weights);
        SafetensorsWriter.WriteFile(Path.Combine(folder, "model.safetensors"), weights, storedAs);
    }

    /// <summary>Writes the files without weights.</summary>
    public void WriteFiles(string folder)
    {
        foreach (var (name, bytes) in Files)
        {
            File.WriteAllBytes(Path.Combine(folder, name), bytes);
        }
    }
}
