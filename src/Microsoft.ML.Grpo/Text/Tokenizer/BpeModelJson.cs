using System.Text.Json;

namespace Microsoft.ML.Grpo;

/// <summary>What <c>model</c> of a <c>tokenizer.json</c> says.</summary>
/// <param name="Vocabulary">Tokens and their ids; added tokens may be missing here.</param>
/// <param name="Merges">Pairs of tokens that become one, in order of priority; may be empty.</param>
/// <param name="UnknownToken">What stands for a character that the vocabulary lacks; null: it is left out.</param>
/// <param name="FuseUnknown">One token stands for several such characters in a row.</param>
/// <param name="ByteFallback">Such a character is spelled in tokens of its bytes, <c>&lt;0x0A&gt;</c>, if the vocabulary has them.</param>
/// <param name="IgnoreMerges">A piece that is in the vocabulary as a whole is one token, whatever the merges say.</param>
internal sealed record BpeModelJson(
    IReadOnlyDictionary<string, int> Vocabulary,
    IReadOnlyList<(string Left, string Right)> Merges,
    string? UnknownToken,
    bool FuseUnknown,
    bool ByteFallback,
    bool IgnoreMerges)
{
    /// <summary>Reads <c>model</c>.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    /// <exception cref="NotSupportedException">It is of another kind, or needs something that is not supported.</exception>
    public static BpeModelJson Read(JsonElement model, string file)
    {
        Check(model, file);
        return new BpeModelJson(
            Vocab(model, file),
            Unique(TokenizerJson.Parts(model, "merges", file).Where(IsMerge).Select(merge => Merge(merge, file))),
            model.Text("unk_token"),
            model.Flag("fuse_unk", absent: false),
            model.Flag("byte_fallback", absent: false),
            model.Flag("ignore_merges", absent: false));
    }

    private static void Check(JsonElement model, string file)
    {
        // Older files leave the type out; what has merges is BPE.
        if (model.Text("type") is not "BPE" && !(model.Member("type") is null && model.Member("merges") is not null))
        {
            throw TokenizerJson.Unsupported(file, $"the model '{model.Text("type")}'");
        }

        if (model.Member("dropout")?.GetDouble() > 0)
        {
            throw TokenizerJson.Unsupported(file, "BPE dropout");
        }

        foreach (var affix in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model.Text(affix) is { Length: > 0 } text)
            {
                throw TokenizerJson.Unsupported(file, $"the {affix} '{text}'");
            }
        }
    }

    private static Dictionary<string, int> Vocab(JsonElement model, string file)
    {
        if (model.Member("vocab") is not { ValueKind: JsonValueKind.Object } vocab)
        {
            throw new InvalidDataException($"{file}: model.vocab is missing. Fetch the file again.");
        }

        var (tokens, owners) = (new Dictionary<string, int>(StringComparer.Ordinal), new Dictionary<int, string>());
        foreach (var token in vocab.EnumerateObject())
        {
            var id = TokenizerJson.Id(token.Value)
                ?? throw new InvalidDataException($"{file}: the id of '{token.Name}' in model.vocab is {token.Value}, not a number from 0 to {TokenizerJson.LargestId}. Fetch the file again.");
            if (!owners.TryAdd(id, token.Name) && owners[id] != token.Name)
            {
                throw new InvalidDataException($"{file}: '{owners[id]}' and '{token.Name}' have the same id, {id}, in model.vocab. Fetch the file again.");
            }

            tokens[token.Name] = id;
        }

        return tokens;
    }

    // Old files begin with the version of the merges.txt that they were made from.
    private static bool IsMerge(JsonElement merge) => merge.ValueKind != JsonValueKind.String || !merge.GetString()!.StartsWith("#version", StringComparison.Ordinal);

    private static (string Left, string Right) Merge(JsonElement merge, string file)
    {
        string[] parts = merge.ValueKind switch
        {
            JsonValueKind.String => merge.GetString()!.Split(' '),
            JsonValueKind.Array => [.. merge.EnumerateArray().Select(part => part.GetString() ?? string.Empty)],
            _ => [],
        };
        if (parts is not [{ Length: > 0 } left, { Length: > 0 } right])
        {
            throw new InvalidDataException($"{file}: {merge} in model.merges is not a pair. Fetch the file again.");
        }

        // Microsoft.ML.Tokenizers takes merges as text, with a space between the two.
        return left.Contains(' ', StringComparison.Ordinal) || right.Contains(' ', StringComparison.Ordinal)
            ? throw TokenizerJson.Unsupported(file, $"a merge of tokens with spaces, {merge}")
            : (left, right);
    }

    /// <summary>Of merges that come more than once, the last counts.</summary>
    private static List<(string Left, string Right)> Unique(IEnumerable<(string Left, string Right)> merges)
    {
        var unique = merges.Reverse().Distinct().ToList();
        unique.Reverse();
        return unique;
    }
}
