using System.Text.Json;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>A Hugging Face directory with a small random model and a byte-level tokenizer, and a short run on it.</summary>
internal static class TinyModel
{
    public const int Vocabulary = 1008, Context = 64;

    /// <summary>Writes the directory.</summary>
    /// <param name="directory">Where to.</param>
    /// <param name="vocabulary">Rows of the embedding; the tokenizer's ids go up to <see cref="TinyTokenizer.Bos"/>.</param>
    /// <param name="tokenizer">Whether tokenizer.json is written.</param>
    public static string Write(string directory, int vocabulary = Vocabulary, bool tokenizer = true)
    {
        var config = new JsonObject
        {
            ["architectures"] = new JsonArray("LlamaForCausalLM"),
            ["model_type"] = "llama",
            ["hidden_size"] = 32,
            ["intermediate_size"] = 48,
            ["num_attention_heads"] = 4,
            ["num_key_value_heads"] = 2,
            ["num_hidden_layers"] = 2,
            ["vocab_size"] = vocabulary,
            ["max_position_embeddings"] = Context,
            ["rms_norm_eps"] = 1e-05,
            ["rope_theta"] = 10000.0,
            ["tie_word_embeddings"] = true,
            ["eos_token_id"] = new JsonArray(2, 3, 5, 7, 11, 13),
            ["torch_dtype"] = "float32",
        };
        var files = new Dictionary<string, byte[]> { [ModelFiles.Config] = JsonSerializer.SerializeToUtf8Bytes(config) };
        if (tokenizer)
        {
            files["tokenizer.json"] = JsonSerializer.SerializeToUtf8Bytes(TinyTokenizer.Json());
        }

        using var network = RandomModel.Create(RandomModel.Config with { VocabularySize = vocabulary, MaxPositions = Context }, ScalarType.Float32);
        ModelDirectory.Save(directory, network, new ModelFiles(files, directory), ScalarType.Float32);
        return directory;
    }

    /// <summary>Two steps that move the weights.</summary>
    public static GrpoOptions Options(string directory) => new()
    {
        ModelPath = directory,
        LogProbColumnName = "LogProb",
        FinishReasonColumnName = "Reason",
        Rewards = { Reward.FromFunction("length", sample => sample.Completion.Length + (0.1 * sample.Generation)) },
        GroupSize = 2,
        PromptsPerRollout = 4,
        MaxCompletionTokens = 6,
        Steps = 2,
        Optimizer = { LearningRate = 1e-2 },
    };

    /// <summary>The policy's weights as a file has them.</summary>
    public static string Weights(this GrpoTransformer transformer)
    {
        using var folder = new TemporaryFolder();
        transformer.SavePretrained(folder.Path);
        return Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(folder[ModelFiles.Weights])));
    }

    /// <summary>Every added column of every row; floats to the last bit.</summary>
    public static List<string> Answers(this IDataView output, MLContext ml) =>
        [.. ml.Data.CreateEnumerable<Answer>(output, reuseRowObject: false).Select(answer => $"{answer.Completion}|{answer.LogProb:R}|{answer.Reason}")];
}
