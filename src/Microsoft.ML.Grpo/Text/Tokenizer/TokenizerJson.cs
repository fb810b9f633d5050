using System.Text.Json;

namespace Microsoft.ML.Grpo;

/// <summary>What a <c>tokenizer.json</c> with a BPE model says. What else such a file can hold is refused by name.</summary>
/// <param name="AddedTokens">The tokens matched in the text itself.</param>
/// <param name="Normalizer">What is done to the text between those that are matched as they stand.</param>
/// <param name="PreTokenizer">The steps that cut the text.</param>
/// <param name="Model">The tokens of a piece.</param>
/// <param name="PostProcessor">The special tokens put around a text.</param>
/// <param name="Decoder">The steps from tokens to text.</param>
internal sealed record TokenizerJson(
    IReadOnlyList<AddedToken> AddedTokens,
    TextNormalizer Normalizer,
    IReadOnlyList<PreTokenizerStep> PreTokenizer,
    BpeModelJson Model,
    PostProcessorJson PostProcessor,
    IReadOnlyList<DecoderStep> Decoder)
{
    /// <summary>Sixty times the largest vocabulary in use: a damaged id must not become an allocation of gigabytes.</summary>
    public const int LargestId = (1 << 24) - 1;

    /// <summary>Reads the file's bytes.</summary>
    /// <param name="json">The content.</param>
    /// <param name="file">Its name, for errors.</param>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    /// <exception cref="NotSupportedException">The tokenizer needs something that is not supported.</exception>
    public static TokenizerJson Read(ReadOnlyMemory<byte> json, string file) => JsonText.Read(json, file, root => Read(root, file));

    public static NotSupportedException Unsupported(string file, string what) =>
        new($"{file} asks for {what}, which is not supported. docs/tokenizers.md lists what is: byte-level and SentencePiece BPE, as the Llama, Qwen, GPT-2, Mistral and Gemma models have it.");

    /// <summary>A token id; null if it is none.</summary>
    public static int? Id(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var id) && id is >= 0 and <= LargestId ? id : null;

    /// <summary>The entries of a list that must be there.</summary>
    /// <exception cref="InvalidDataException">It is not.</exception>
    public static IEnumerable<JsonElement> Parts(JsonElement parent, string name, string file) =>
        parent.Member(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : throw Missing(parent, name, file);

    /// <summary>A text that must be there.</summary>
    /// <exception cref="InvalidDataException">It is not.</exception>
    public static string Required(JsonElement parent, string name, string file) => parent.Text(name) ?? throw Missing(parent, name, file);

    private static InvalidDataException Missing(JsonElement parent, string name, string file) =>
        new($"{file}: the part '{parent.Text("type")}' has no '{name}'. Fetch the file again.");

    private static TokenizerJson Read(JsonElement root, string file)
    {
        if (root.Member("model") is not { ValueKind: JsonValueKind.Object } model)
        {
            throw new InvalidDataException($"{file} has no 'model'. Is it a Hugging Face tokenizer.json?");
        }

        var read = new TokenizerJson(
            [.. root.Items("added_tokens").Select(token => AddedToken.Read(token, file))],
            TextNormalizer.Read(root.Member("normalizer"), file),
            PreTokenizerJson.Read(root.Member("pre_tokenizer"), file),
            BpeModelJson.Read(model, file),
            PostProcessorJson.Read(root.Member("post_processor"), file),
            DecoderJson.Read(root.Member("decoder"), file));
        if (root.Member("normalizer") is not null && PreTokenizerJson.MarksFirstOfSeveral(root.Member("pre_tokenizer")))
        {
            // Hugging Face's library takes each piece for the first whose text stands at the start of what the normalizer was given.
            throw Unsupported(file, "a normalizer, and 'Metaspace' with the prepend_scheme 'first' after another pre-tokenizer");
        }

        var twice = read.AddedTokens.FirstOrDefault(token => read.Model.Vocabulary.TryGetValue(token.Content, out var id) && id != token.Id);
        return twice is null
            ? read
            : throw new InvalidDataException($"{file}: '{twice.Content}' has the id {twice.Id} in added_tokens, and {read.Model.Vocabulary[twice.Content]} in model.vocab. Fetch the file again.");
    }
}
