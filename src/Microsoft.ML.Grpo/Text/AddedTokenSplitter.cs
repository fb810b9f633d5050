using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo;

/// <summary>Cuts text at added tokens: at the leftmost match, and there the longest (Hugging Face's rule).</summary>
internal sealed class AddedTokenSplitter
{
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Regex? _regex;

    public AddedTokenSplitter(IEnumerable<AddedToken> tokens)
    {
        foreach (var token in tokens)
        {
            _ids[token.Content] = token.Id;
        }

        // An alternation takes the first alternative that matches, so a prefix of another token has to come after it.
        var longestFirst = _ids.Keys.OrderByDescending(t => t.Length).ThenBy(t => t, StringComparer.Ordinal).Select(Regex.Escape);
        _regex = _ids.Count == 0 ? null : new Regex(string.Join('|', longestFirst), RegexOptions.CultureInvariant);
    }

    /// <summary>The pieces in order: an added token's id, or text between added tokens (never empty).</summary>
    public IEnumerable<(int? Id, string Text)> Split(string text)
    {
        var end = 0;
        for (var match = _regex?.Match(text); match is { Success: true }; match = match.NextMatch())
        {
            if (match.Index > end)
            {
                yield return (null, text[end..match.Index]);
            }

            yield return (_ids[match.Value], match.Value);
            end = match.Index + match.Length;
        }

        if (end < text.Length)
        {
            yield return (null, text[end..]);
        }
    }
}
