using System.Text.Json.Nodes;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>
/// Hugging Face's own library, to compare with: version 0.22.2, as the package Tokenizers.DotNet wraps it. A failure within it ends the
/// process, so tests give it the same input every time.
/// </summary>
internal sealed class HuggingFace : IDisposable
{
    private readonly global::Tokenizers.DotNet.Tokenizer _tokenizer;

    private HuggingFace(string file) => _tokenizer = new(file);

    /// <summary>Loads a tokenizer; the test is skipped where the library is not there for the platform.</summary>
    public static HuggingFace Load(JsonObject json)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["tokenizer.json"], json.ToJsonString());
        try
        {
            return new HuggingFace(folder["tokenizer.json"]);
        }
        catch (Exception cause) when (cause is DllNotFoundException || cause.InnerException is DllNotFoundException)
        {
            Assert.Inconclusive($"Tokenizers.DotNet has no native library for this platform here: {cause.Message}");
            throw;
        }
    }

    /// <summary>The ids of a text, with the special tokens that the tokenizer adds.</summary>
    public int[] Encode(string text) => Array.ConvertAll(_tokenizer.Encode(text), id => (int)id);

    /// <summary>The text of ids, special tokens left out.</summary>
    public string Decode(IEnumerable<int> ids) => _tokenizer.Decode([.. ids.Select(id => (uint)id)]);

    public void Dispose() => _tokenizer.Dispose();
}
