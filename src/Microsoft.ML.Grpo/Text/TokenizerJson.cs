using System.Text.Json;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo;

/// <summary>What a byte-level BPE <c>tokenizer.json</c> says. Everything else that such a file can hold is refused by name.</summary>
/// <param name="Vocabulary">Tokens, spelled in the byte-level alphabet, and their ids; added tokens may be missing here.</param>
/// <param name="Merges">Pairs <c>"a b"</c> in order of priority; may be empty.</param>
/// <param name="AddedTokens">The tokens matched in the text itself.</param>
/// <param name="Nfc">The text is brought to normalisation form C first.</param>
/// <param name="PreTokenizer">The patterns that cut the text, in order.</param>
/// <param name="PostProcessor">The special tokens put around a text.</param>
/// <param name="IgnoreMerges">A piece that is in the vocabulary as a whole is one token, whatever the merges say.</param>
internal sealed record TokenizerJson(
    IReadOnlyDictionary<string, int> Vocabulary,
    IReadOnlyList<string> Merges,
    IReadOnlyList<AddedToken> AddedTokens,
    bool Nfc,
    IReadOnlyList<Regex> PreTokenizer,
    PostProcessorJson PostProcessor,
    bool IgnoreMerges)
{
    /// <summary>Sixty times the largest vocabulary in use: a damaged id must not become an allocation of gigabytes.</summary>
    private const int LargestId = (1 << 24) - 1;

    /// <summary>Reads the file's bytes.</summary>
    /// <param name="json">The content.</param>
    /// <param name="file">Its name, for errors.</param>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    /// <exception cref="NotSupportedException">The tokenizer needs something that is not supported.</exception>
    public static TokenizerJson Read(ReadOnlyMemory<byte> json, string file) => JsonText.Read(json, file, root => Read(root, file));

    private static TokenizerJson Read(JsonElement root, string file)
    {
        if (root.Member("model") is not { ValueKind: JsonValueKind.Object } model)
        {
            throw new InvalidDataException($"{file} has no 'model'. Is it a Hugging Face tokenizer.json?");
        }

        CheckModel(model, file);
        return new TokenizerJson(
            Vocab(model, file),
            [.. model.Items("merges").Select(merge => Merge(merge, file))],
            [.. root.Items("added_tokens").Select(token => Added(token, file))],
            IsNfc(root.Member("normalizer"), file),
            PreTokenizerJson.Read(root.Member("pre_tokenizer"), file),
            PostProcessorJson.Read(root.Member("post_processor"), file),
            model.Flag("ignore_merges"));
    }

    public static NotSupportedException Unsupported(string file, string what) =>
        new($"{file} asks for {what}, which is not supported. Supported is byte-level BPE: pre-tokenizers Split (Isolated), Digits, ByteLevel and Sequence, and the normalizer NFC.");

    /// <summary>A token id; null if it is none.</summary>
    public static int? Id(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var id) && id is >= 0 and <= LargestId ? id : null;

    private static void CheckModel(JsonElement model, string file)
    {
        // Older files leave the type out; what has merges is BPE.
        if (model.Text("type") is not "BPE" && !(model.Member("type") is null && model.Member("merges") is not null))
        {
            throw Unsupported(file, $"the model '{model.Text("type")}'");
        }

        if (model.Member("dropout") is { ValueKind: JsonValueKind.Number } dropout && dropout.GetDouble() > 0)
        {
            throw Unsupported(file, "BPE dropout");
        }

        foreach (var affix in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model.Text(affix) is { Length: > 0 } text)
            {
                throw Unsupported(file, $"the {affix} '{text}'");
            }
        }

        if (model.Flag("byte_fallback"))
        {
            throw Unsupported(file, "byte_fallback (a SentencePiece vocabulary)");
        }
    }

    private static Dictionary<string, int> Vocab(JsonElement model, string file)
    {
        if (model.Member("vocab") is not { ValueKind: JsonValueKind.Object } vocab)
        {
            throw new InvalidDataException($"{file}: model.vocab is missing. Fetch the file again.");
        }

        var tokens = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var token in vocab.EnumerateObject())
        {
            tokens[token.Name] = Id(token.Value)
                ?? throw new InvalidDataException($"{file}: the id of '{token.Name}' in model.vocab is {token.Value}, not a number from 0 to {LargestId}. Fetch the file again.");
        }

        return tokens;
    }

    private static string Merge(JsonElement merge, string file) => merge.ValueKind switch
    {
        JsonValueKind.String => merge.GetString()!,
        JsonValueKind.Array when merge.GetArrayLength() == 2 => $"{merge[0].GetString()} {merge[1].GetString()}",
        _ => throw new InvalidDataException($"{file}: {merge} in model.merges is not a pair. Fetch the file again."),
    };

    private static AddedToken Added(JsonElement token, string file)
    {
        if (token.Text("content") is not { Length: > 0 } content || token.Member("id") is not { } number || Id(number) is not { } id)
        {
            throw new InvalidDataException($"{file}: {token} in added_tokens has no content or no id. Fetch the file again.");
        }

        foreach (var flag in (string[])["lstrip", "rstrip", "single_word"])
        {
            if (token.Flag(flag))
            {
                throw Unsupported(file, $"{flag} of the added token '{content}'");
            }
        }

        return new AddedToken(id, content, token.Flag("special"), token.Flag("normalized"));
    }

    private static bool IsNfc(JsonElement? normalizer, string file) => normalizer switch
    {
        null => false,
        { } part when part.Text("type") == "NFC" => true,
        { } part when part.Text("type") == "Sequence" => part.Items("normalizers").Select(inner => IsNfc(inner, file)).ToArray().Contains(true),
        { } part => throw Unsupported(file, $"the normalizer '{part.Text("type")}'"),
    };
}
