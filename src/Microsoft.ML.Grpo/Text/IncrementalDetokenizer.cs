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
/// <para>Not thread-safe.</para>
/// </remarks>
/// <param name="tokenizer">The policy's tokenizer.</param>
/// <param name="skipSpecial">Leaves special tokens out of the text.</param>
internal sealed class IncrementalDetokenizer(PolicyTokenizer tokenizer, bool skipSpecial)
{
    // The end of an unfinished character, and of bytes that are none.
    private const char Replacement = '\uFFFD';

    /// <summary>The tokens of the last piece, then those held back.</summary>
    private readonly List<int> _window = [];

    /// <summary>How many of them are of the last piece, and the text that these give alone.</summary>
    private int _shownTokens;
    private string _shown = string.Empty;

    /// <summary>Takes the next token.</summary>
    /// <param name="id">Its id; one beyond the vocabulary gives no text.</param>
    /// <returns>The new text; empty if there is none, or none that is complete.</returns>
    public string Append(int id)
    {
        _window.Add(id);
        var text = Decode(_window);
        if (text.Length <= _shown.Length || text[^1] == Replacement)
        {
            return string.Empty;
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

    private string Decode(List<int> ids) => tokenizer.Decode(ids, skipSpecial);
}
