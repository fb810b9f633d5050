namespace Microsoft.ML.Grpo;

/// <summary>
/// Text as its tokens arrive. What is given out never ends within a character: it is held back until later tokens complete it. The pieces
/// together are what <see cref="PolicyTokenizer.Decode"/> makes of all the ids, without decoding them all again for each.
/// </summary>
/// <remarks>
/// <para>
/// The pieces are those of <c>tokenizers.decoders.DecodeStream</c>, and come about in its way: of the tokens, those of the last piece are
/// decoded together with the new ones, since decoders look back (a word's space is dropped at the start of a text and nowhere else), and
/// text that ends in U+FFFD is held back. Unlike there, <see cref="Flush"/> gives out what is held back when the tokens end.
/// </para>
/// <para>
/// One difference from decoding at once is taken from there too. Byte fallback turns a run of byte tokens to U+FFFD as a whole if any part
/// of it is invalid, characters that have been shown included. Those stay, and the bytes after them become U+FFFD, where DecodeStream
/// fails. To wait for the end of every run would hold back each rare character until the next common one.
/// </para>
/// <para>
/// Another difference from DecodeStream: where tokens are no text for very long, such as hundreds of bytes that are no characters, what is there is
/// given out, since the work would otherwise grow with the square of their number.
/// </para>
/// <para>Not thread-safe.</para>
/// </remarks>
/// <param name="tokenizer">The policy's tokenizer.</param>
/// <param name="skipSpecial">Leaves special tokens out of the text.</param>
internal sealed class IncrementalDetokenizer(PolicyTokenizer tokenizer, bool skipSpecial)
{
    /// <summary>Tokens held back at most: no character has so many, and each new token decodes all of them again.</summary>
    private const int MostHeld = 256;

    /// <summary>Bytes of a character, and so the tokens of one that is not complete, at most.</summary>
    private const int LongestCharacter = 4;

    // The end of an unfinished character, and of bytes that are none.
    private const char Replacement = '\uFFFD';

    /// <summary>The tokens of the last piece, then those held back.</summary>
    private readonly List<int> _window = [];

    /// <summary>How many of them are of the last piece, and the text that these give alone.</summary>
    private int _shownTokens;
    private string _shown = string.Empty;

    /// <summary>Tokens that were decoded so far, each as often as it was: the work.</summary>
    public long Decoded { get; private set; }

    /// <summary>Takes the next token.</summary>
    /// <param name="id">Its id; one beyond the vocabulary gives no text.</param>
    /// <returns>The new text; empty if there is none, or none that is complete.</returns>
    public string Append(int id)
    {
        if (!tokenizer.IsDecoded(id, skipSpecial))
        {
            return string.Empty;
        }

        _window.Add(id);
        var text = Decode(_window);
        if (text.Length <= _shown.Length || text[^1] == Replacement)
        {
            return _window.Count - _shownTokens > MostHeld ? LetGo(New(text)) : string.Empty;
        }

        var piece = New(text);
        MoveOn(text);
        return piece;
    }

    /// <summary>Ends the text; a text begun after it is a new one.</summary>
    /// <returns>What was held back, with U+FFFD for bytes that are no character; empty if nothing was.</returns>
    public string Flush()
    {
        var rest = New(Decode(_window));
        _window.Clear();
        _shownTokens = 0;
        _shown = string.Empty;
        return rest;
    }

    /// <summary>The part of the window's text that has not been shown.</summary>
    private string New(string text) => text.StartsWith(_shown, StringComparison.Ordinal) ? text[_shown.Length..] : Decode(_window[_shownTokens..]);

    private void MoveOn(string text)
    {
        // Tokens with no text of their own, such as a space at the start, cannot tell where the next one's text begins: the window grows.
        var last = _window[_shownTokens..];
        if (Decode(last) is { Length: > 0 } alone)
        {
            _window.RemoveRange(0, _shownTokens);
            text = alone;
        }

        _shownTokens = _window.Count;
        _shown = text;
    }

    /// <summary>Gives out what has been held back for too long, but for the beginning of a character at its end.</summary>
    private string LetGo(string held)
    {
        for (var kept = LongestCharacter; kept > 0; kept--)
        {
            var (given, rest) = (Decode(_window[_shownTokens..^kept]), Decode(_window[^kept..]));
            if (given + rest == held)
            {
                Keep(kept, shown: 0);
                return given;
            }
        }

        // No cut leaves the text as it is, so all of it is given out, and the last token stays for what comes to look back at.
        Keep(1, shown: 1);
        return held;
    }

    private void Keep(int tokens, int shown)
    {
        _window.RemoveRange(0, _window.Count - tokens);
        _shownTokens = shown;
        _shown = shown > 0 ? Decode(_window) : string.Empty;
    }

    private string Decode(List<int> ids)
    {
        Decoded += ids.Count;
        return tokenizer.Decode(ids, skipSpecial);
    }
}
