using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Grpo;

/// <summary>The ids of text without added tokens, by Microsoft.ML.Tokenizers' <see cref="BpeTokenizer"/>. Thread-safe.</summary>
internal sealed class BytePairEncoder
{
    private readonly IReadOnlyDictionary<string, int> _vocabulary;
    private readonly bool _ignoreMerges;
    private readonly string _file;
    private readonly SplitPreTokenizer _pieces;
    private readonly BpeTokenizer _bpe;
    private readonly HashSet<byte> _missing;

    /// <param name="json">The tokenizer.</param>
    /// <param name="file">The name of its file, for errors.</param>
    public BytePairEncoder(TokenizerJson json, string file)
    {
        _vocabulary = json.Vocabulary;
        _ignoreMerges = json.IgnoreMerges;
        _file = file;
        _pieces = new SplitPreTokenizer(json.PreTokenizer);
        _bpe = BpeTokenizer.Create(new BpeOptions(json.Vocabulary)
        {
            Merges = json.Merges,
            ByteLevel = true,
            PreTokenizer = json.IgnoreMerges ? new SplitPreTokenizer([]) : _pieces,
        });
        _missing = [.. ByteLevel.Characters.Where(c => !json.Vocabulary.ContainsKey(c.Character.ToString())).Select(c => c.Byte)];
    }

    /// <summary>Adds the ids of a text.</summary>
    /// <exception cref="ArgumentException">The vocabulary lacks a byte of the text.</exception>
    /// <exception cref="InvalidDataException">A pattern of the pre-tokenizer takes for ever on the text.</exception>
    public void Encode(string text, List<int> ids)
    {
        RefuseUnspellable(text);
        try
        {
            Add(text, ids);
        }
        catch (RegexMatchTimeoutException cause)
        {
            throw new InvalidDataException(
                $"{_file}: the pre-tokenizer's pattern '{cause.Pattern}' found no end on a text of {text.Length} characters. Fetch the file again; if it is as its author made it, shorten or leave out such texts.", cause);
        }
    }

    private void Add(string text, List<int> ids)
    {
        if (!_ignoreMerges)
        {
            ids.AddRange(_bpe.EncodeToIds(text));
            return;
        }

        // Microsoft.ML.Tokenizers does not know ignore_merges, so whole words are looked up here, a piece at a time.
        foreach (var (offset, length) in _pieces.PreTokenize(text))
        {
            var piece = text.Substring(offset, length);
            if (_vocabulary.TryGetValue(ByteLevel.Spell(piece), out var id))
            {
                ids.Add(id);
            }
            else
            {
                ids.AddRange(_bpe.EncodeToIds(piece));
            }
        }
    }

    /// <summary>A vocabulary may lack bytes, as a tiny one does; what it cannot spell must not vanish without a word.</summary>
    private void RefuseUnspellable(string text)
    {
        if (_missing.Count == 0)
        {
            return;
        }

        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            foreach (var value in utf8[..rune.EncodeToUtf8(utf8)])
            {
                if (_missing.Contains(value))
                {
                    throw new ArgumentException($"The vocabulary of {_file} has no token for the character '{rune}' (U+{rune.Value:X4}). Leave it out of the text.", nameof(text));
                }
            }
        }
    }
}
