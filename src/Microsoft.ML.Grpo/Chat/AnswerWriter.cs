namespace Microsoft.ML.Grpo;

/// <summary>Turns the tokens of an answer into text while they are drawn: whole characters, and nothing of a stop sequence.</summary>
/// <param name="tokenizer">The policy's tokenizer.</param>
/// <param name="stopIds">The tokens that end an answer; they are no part of its text, special or not.</param>
/// <param name="stopSequences">The texts that end it.</param>
/// <param name="show">Takes the text, piece by piece; none is empty.</param>
internal sealed class AnswerWriter(PolicyTokenizer tokenizer, IReadOnlySet<int> stopIds, IReadOnlyList<string> stopSequences, Action<string> show)
{
    private readonly IncrementalDetokenizer _text = new(tokenizer, skipSpecial: true);
    private readonly StopFilter _filter = new(stopSequences);

    /// <summary>Takes a token.</summary>
    /// <returns>Whether the answer may go on: no stop sequence is complete.</returns>
    public bool Add(int id)
    {
        if (!stopIds.Contains(id))
        {
            Show(_filter.Append(_text.Append(id)));
        }

        return !_filter.Stopped;
    }

    /// <summary>Shows what was held back: the answer has ended.</summary>
    public void End()
    {
        Show(_filter.Append(_text.Flush()));
        Show(_filter.Flush());
    }

    private void Show(string piece)
    {
        if (piece.Length > 0)
        {
            show(piece);
        }
    }
}
