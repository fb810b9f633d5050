using System.Text;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Text to token ids and back, as Hugging Face's tokenizers library does it for byte-level BPE. Thread-safe. Added tokens are cut out
/// here; <see cref="BytePairEncoder"/> does the rest.
/// </summary>
internal sealed class PolicyTokenizer
{
    private readonly TokenizerJson _json;
    private readonly BytePairEncoder _pairs;
    private readonly AddedTokenSplitter _raw;
    private readonly AddedTokenSplitter _normalized;
    private readonly Dictionary<string, int> _ids;
    private readonly byte[]?[] _bytes;

    private PolicyTokenizer(TokenizerJson json, TokenizerConfig config, string file)
    {
        _json = json;
        _pairs = new BytePairEncoder(json, file);
        _raw = new AddedTokenSplitter(json.AddedTokens.Where(t => !(t.Normalized && json.Nfc)));
        _normalized = new AddedTokenSplitter(json.AddedTokens.Where(t => t.Normalized && json.Nfc).Select(t => t with { Content = Nfc.Normalize(t.Content) }));
        _ids = new Dictionary<string, int>(json.Vocabulary, StringComparer.Ordinal);
        foreach (var token in json.AddedTokens)
        {
            _ids[token.Content] = token.Id;
        }

        VocabularySize = _ids.Values.Concat(json.PostProcessor.Before).Concat(json.PostProcessor.After).DefaultIfEmpty(-1).Max() + 1;
        _bytes = new byte[]?[VocabularySize];
        foreach (var (token, id) in _ids)
        {
            _bytes[id] = ByteLevel.BytesOf(token);
        }

        SpecialIds = json.AddedTokens.Where(t => t.Special).Select(t => t.Id).ToHashSet();
        EosTokenId = config.SpecialTokens.TryGetValue("eos_token", out var eos) ? TokenId(eos) : null;
        PadTokenId = config.SpecialTokens.TryGetValue("pad_token", out var pad) ? TokenId(pad) : null;
    }

    /// <summary>One past the largest id. A model's vocabulary may be larger, padded to a round number.</summary>
    public int VocabularySize { get; }

    /// <summary>The id of <c>eos_token</c> in tokenizer_config.json; null if it is unset or not a token.</summary>
    public int? EosTokenId { get; }

    /// <summary>The id of <c>pad_token</c> in tokenizer_config.json; null if it is unset or not a token.</summary>
    public int? PadTokenId { get; }

    /// <summary>The ids that <see cref="Decode"/> leaves out on request.</summary>
    public IReadOnlySet<int> SpecialIds { get; }

    /// <summary>Reads a tokenizer from the bytes of its files.</summary>
    /// <param name="tokenizerJson">tokenizer.json.</param>
    /// <param name="config">tokenizer_config.json, or <see cref="TokenizerConfig.Empty"/>.</param>
    /// <param name="file">The name of tokenizer.json, for errors.</param>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    /// <exception cref="NotSupportedException">The tokenizer needs something that is not supported.</exception>
    public static PolicyTokenizer Read(ReadOnlyMemory<byte> tokenizerJson, TokenizerConfig config, string file = "tokenizer.json")
    {
        var json = TokenizerJson.Read(tokenizerJson, file);
        try
        {
            return new PolicyTokenizer(json, config, file);
        }
        catch (Exception cause) when (cause is ArgumentException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InvalidDataException($"{file}: vocabulary and merges do not fit together: {cause.Message}", cause);
        }
    }

    /// <summary>The id of a token, added or of the vocabulary (spelled as there); null if there is none.</summary>
    public int? TokenId(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    /// <summary>The ids of a text; added tokens in it are recognised.</summary>
    /// <param name="text">The text.</param>
    /// <param name="addSpecialTokens">
    /// Puts the tokenizer's own special tokens around it, such as a BOS: right for raw text, wrong for the output of a chat template,
    /// which spells them itself.
    /// </param>
    public IReadOnlyList<int> Encode(string text, bool addSpecialTokens = false)
    {
        var ids = new List<int>();
        if (addSpecialTokens)
        {
            ids.AddRange(_json.PostProcessor.Before);
        }

        foreach (var (id, piece) in _raw.Split(WellFormed(text)))
        {
            if (id is { } added)
            {
                ids.Add(added);
            }
            else
            {
                EncodeGap(piece, ids);
            }
        }

        if (addSpecialTokens)
        {
            ids.AddRange(_json.PostProcessor.After);
        }

        return ids;
    }

    /// <summary>The text of token ids. Ids beyond the tokenizer's vocabulary decode to nothing, parts of a character to U+FFFD.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="skipSpecial">Leaves <see cref="SpecialIds"/> out.</param>
    public string Decode(IReadOnlyList<int> ids, bool skipSpecial = true)
    {
        var bytes = new List<byte>(ids.Count * 4);
        foreach (var id in ids)
        {
            if (id >= 0 && id < _bytes.Length && _bytes[id] is { } token && !(skipSpecial && SpecialIds.Contains(id)))
            {
                bytes.AddRange(token);
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    /// <summary>Lone surrogates as U+FFFD; the BPE would spell each as three bytes that are not UTF-8.</summary>
    private static string WellFormed(string text) =>
        text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) : text;

    private void EncodeGap(string gap, List<int> ids)
    {
        if (!_json.Nfc)
        {
            _pairs.Encode(gap, ids);
            return;
        }

        foreach (var (id, piece) in _normalized.Split(Nfc.Normalize(gap)))
        {
            if (id is { } added)
            {
                ids.Add(added);
            }
            else
            {
                _pairs.Encode(piece, ids);
            }
        }
    }
}
