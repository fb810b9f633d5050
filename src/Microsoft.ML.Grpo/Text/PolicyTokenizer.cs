using System.Text;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Text to token ids and back, as Hugging Face's tokenizers library does it for BPE. Thread-safe. Added tokens are cut out of the text,
/// what is left is normalised and cut into pieces, and <see cref="BytePairEncoder"/> gives the ids of these.
/// </summary>
internal sealed class PolicyTokenizer
{
    /// <summary>Characters of a text in an error.</summary>
    private const int MostShown = 100;

    private readonly TokenizerJson _json;
    private readonly string _file;
    private readonly BytePairEncoder _pairs;
    private readonly AddedTokenSplitter _raw;
    private readonly AddedTokenSplitter _normalized;
    private readonly Dictionary<string, int> _ids;
    private readonly string?[] _tokens;

    private PolicyTokenizer(TokenizerJson json, TokenizerConfig config, string file)
    {
        _json = json;
        _file = file;
        _pairs = new BytePairEncoder(json.Model, file);
        var normalized = json.AddedTokens.Where(t => t.Normalized).Select(t => t with { Content = json.Normalizer.Normalize(t.Content) }).ToArray();
        _raw = new AddedTokenSplitter(json.AddedTokens.Where(t => !t.Normalized));
        _normalized = new AddedTokenSplitter(normalized);
        _ids = new Dictionary<string, int>(json.Model.Vocabulary, StringComparer.Ordinal);
        foreach (var token in json.AddedTokens)
        {
            _ids[token.Content] = token.Id;
        }

        VocabularySize = _ids.Values.Concat(json.PostProcessor.Before).Concat(json.PostProcessor.After).DefaultIfEmpty(-1).Max() + 1;
        _tokens = new string?[VocabularySize];
        foreach (var (token, id) in _ids)
        {
            _tokens[id] = token;
        }

        // What was normalised on the way in is decoded from that form.
        foreach (var token in normalized)
        {
            _tokens[token.Id] = token.Content;
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

    /// <summary>The clock of the time that patterns may take; tests give another than the system's.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;

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
            throw new InvalidDataException($"{file}: vocabulary and merges do not fit together: {cause.Message} Fetch the file again.", cause);
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
    /// <param name="specialAsText">Special tokens in the text are ordinary text; other added tokens are recognised all the same.</param>
    /// <param name="dropUnspellable">
    /// Leaves out what the vocabulary cannot spell, as Hugging Face's library does; otherwise it is refused, so that nothing vanishes
    /// without a word.
    /// </param>
    /// <exception cref="ArgumentException">The vocabulary cannot spell the text.</exception>
    /// <exception cref="InvalidDataException">A pattern of the tokenizer takes for ever on the text.</exception>
    public IReadOnlyList<int> Encode(string text, bool addSpecialTokens = false, bool specialAsText = false, bool dropUnspellable = false)
    {
        var ids = new List<int>();
        if (addSpecialTokens)
        {
            ids.AddRange(_json.PostProcessor.Before);
        }

        if (!Encode(WellFormed(text), specialAsText, ids) && !dropUnspellable)
        {
            throw Unspellable(text);
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
        var tokens = new List<string>(ids.Count);
        foreach (var id in ids)
        {
            if (IsDecoded(id, skipSpecial))
            {
                tokens.Add(_tokens[id]!);
            }
        }

        foreach (var step in _json.Decoder)
        {
            tokens = step(tokens);
        }

        return string.Concat(tokens);
    }

    /// <summary>Whether a token has a part in what <see cref="Decode"/> gives: it is one of the vocabulary, and not left out.</summary>
    public bool IsDecoded(int id, bool skipSpecial) => id >= 0 && id < _tokens.Length && _tokens[id] is not null && !(skipSpecial && SpecialIds.Contains(id));

    /// <summary>Lone surrogates as U+FFFD, since they have no UTF-8.</summary>
    private static string WellFormed(string text) =>
        text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) : text;

    /// <summary>Adds the ids of a text; false if some of it was left out.</summary>
    private bool Encode(string text, bool specialAsText, List<int> ids)
    {
        var (complete, first, time) = (true, true, new PatternTime(Clock, text.Length));
        foreach (var (id, gap) in _raw.Split(text, specialAsText))
        {
            foreach (var (inner, piece) in id is null ? _normalized.Split(_json.Normalizer.Normalize(gap), specialAsText) : [(id, gap)])
            {
                if (inner is { } added)
                {
                    ids.Add(added);
                }
                else
                {
                    complete &= EncodePieces(new TextPiece(piece, first), time, ids);
                }

                first = false;
            }
        }

        return complete;
    }

    private bool EncodePieces(TextPiece text, PatternTime time, List<int> ids)
    {
        IEnumerable<TextPiece> pieces = [text];
        foreach (var step in _json.PreTokenizer)
        {
            // A pattern is given up on a piece by itself; a step may have cut the text into thousands.
            pieces = pieces.SelectMany(piece => time.IsOver ? throw time.Error(_file, "the patterns") : step(piece));
        }

        var complete = true;
        foreach (var piece in pieces)
        {
            complete &= _pairs.Encode(piece.Text, ids);
        }

        return complete;
    }

    private ArgumentException Unspellable(string text)
    {
        var character = text.EnumerateRunes().Select(rune => (Rune?)rune).FirstOrDefault(rune => !Encode($"{rune}", specialAsText: false, []));
        return new ArgumentException(
            character is { } rune
                ? $"The vocabulary of {_file} has no token for the character {(Rune.IsControl(rune) ? string.Empty : $"'{rune}' ")}(U+{rune.Value:X4}). Leave it out of the text."
                : $"The vocabulary of {_file} cannot spell all of the text '{(text.Length > MostShown ? string.Concat(text.AsSpan(0, MostShown), " ...") : text)}', as it is normalised. Leave uncommon characters out.",
            nameof(text));
    }
}
