using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Grpo;

/// <summary>
/// The ids of a piece of text, by Microsoft.ML.Tokenizers' <see cref="BpeTokenizer"/>. What that does not know is added here: pieces that
/// are tokens as a whole (<c>ignore_merges</c>), characters spelled in bytes (<c>byte_fallback</c>) and <see cref="LongWord"/>s. Thread-safe.
/// </summary>
internal sealed class BytePairEncoder
{
    /// <summary>The longest word that Microsoft.ML.Tokenizers remembers.</summary>
    private const int LongestRemembered = 15;

    /// <summary>The longest word that it is given.</summary>
    private const int LongestWord = 1000;

    private readonly BpeModelJson _model;
    private readonly string _file;
    private readonly BpeTokenizer _bpe;
    private readonly Lazy<LongWord> _long;
    private readonly HashSet<Rune> _known;
    private readonly SearchValues<char> _knownChars;
    private readonly HashSet<(Rune, Rune)> _joints;
    private readonly int?[] _bytes;

    /// <param name="model">The tokenizer's model.</param>
    /// <param name="file">The name of its file, for errors.</param>
    public BytePairEncoder(BpeModelJson model, string file)
    {
        _model = model;
        _file = file;
        _bpe = BpeTokenizer.Create(new BpeOptions(model.Vocabulary) { Merges = model.Merges.Select(merge => $"{merge.Left} {merge.Right}") });
        _long = new Lazy<LongWord>(() => new LongWord(model));
        _known = [.. model.Vocabulary.Keys.Select(Single).OfType<Rune>()];
        _knownChars = SearchValues.Create([.. _known.Where(rune => rune.IsBmp).Select(rune => (char)rune.Value)]);
        _joints = [.. model.Merges.Select(merge => (merge.Left.EnumerateRunes().Last(), merge.Right.EnumerateRunes().First()))];
        _bytes = [.. Enumerable.Range(0, 256).Select(value => Id(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>")))];
    }

    /// <summary>Adds the ids of a piece.</summary>
    /// <param name="piece">The text, as the pre-tokenizer leaves it.</param>
    /// <param name="ids">Where they go.</param>
    /// <returns>False if something was left out, because the vocabulary cannot spell it.</returns>
    public bool Encode(string piece, List<int> ids)
    {
        if (_model.IgnoreMerges && Id(piece) is { } whole)
        {
            ids.Add(whole);
            return true;
        }

        if (piece.AsSpan().ContainsAnyExcept(_knownChars))
        {
            return EncodeUnknown(piece, ids);
        }

        EncodeKnown(piece, ids);
        return true;
    }

    /// <summary>
    /// The ids of a text of known characters. It may be as long as a prompt, where no pre-tokenizer cuts it, so it is cut here wherever no
    /// merge joins the two characters: that changes nothing, and gives words, which are remembered.
    /// </summary>
    private void EncodeKnown(string text, List<int> ids)
    {
        var start = 0;
        if (text.Length > LongestRemembered)
        {
            Rune? before = null;
            var at = 0;
            foreach (var rune in text.EnumerateRunes())
            {
                if (before is { } left && !_joints.Contains((left, rune)))
                {
                    Merge(text.AsSpan(start, at - start), ids);
                    start = at;
                }

                before = rune;
                at += rune.Utf16SequenceLength;
            }
        }

        Merge(text.AsSpan(start), ids);
    }

    private void Merge(ReadOnlySpan<char> word, List<int> ids)
    {
        if (word.Length > LongestWord)
        {
            _long.Value.Encode(word.ToString(), ids);
        }
        else
        {
            ids.AddRange(_bpe.EncodeToIds(word, considerPreTokenization: false, considerNormalization: false));
        }
    }

    /// <summary>The ids of a text with characters that the vocabulary lacks: in bytes, else unknown, else left out.</summary>
    private bool EncodeUnknown(string text, List<int> ids)
    {
        var known = new StringBuilder(text.Length);
        var (unknown, complete) = (false, true);
        foreach (var rune in text.EnumerateRunes())
        {
            if (_known.Contains(rune))
            {
                CloseUnknown();
                known.Append(rune);
            }
            else if (_model.ByteFallback && Bytes(rune) is { } bytes)
            {
                CloseKnown();
                ids.AddRange(bytes);
            }
            else if (_model.UnknownToken is not null)
            {
                CloseKnown();
                if (!_model.FuseUnknown)
                {
                    CloseUnknown();
                }

                unknown = true;
            }
            else
            {
                complete = false;
            }
        }

        CloseUnknown();
        CloseKnown();
        return complete;

        void CloseKnown()
        {
            EncodeKnown(known.ToString(), ids);
            known.Clear();
        }

        void CloseUnknown()
        {
            if (unknown)
            {
                ids.Add(Id(_model.UnknownToken!) ?? throw new InvalidDataException($"{_file}: the text has a character that the vocabulary lacks, and unk_token, '{_model.UnknownToken}', is no token of model.vocab. Fetch the file again."));
                unknown = false;
            }
        }
    }

    private int? Id(string token) => _model.Vocabulary.TryGetValue(token, out var id) ? id : null;

    private int[]? Bytes(Rune rune)
    {
        var utf8 = new byte[4];
        var ids = utf8[..rune.EncodeToUtf8(utf8)].Select(value => _bytes[value]).OfType<int>().ToArray();
        return ids.Length == rune.Utf8SequenceLength ? ids : null;
    }

    private static Rune? Single(string token) =>
        Rune.DecodeFromUtf16(token, out var rune, out var length) == OperationStatus.Done && length == token.Length ? rune : null;
}
