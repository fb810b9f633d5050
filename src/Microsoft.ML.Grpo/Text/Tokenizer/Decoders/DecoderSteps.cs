using System.Globalization;
using System.Text;

namespace Microsoft.ML.Grpo;

/// <summary>One step from tokens to text: tokens in, tokens out, whose concatenation is the text after the last step.</summary>
internal delegate List<string> DecoderStep(List<string> tokens);

/// <summary>The steps that decoders are made of.</summary>
internal static class DecoderSteps
{
    /// <summary>Reads tokens as bytes in <see cref="Microsoft.ML.Grpo.ByteLevel"/>'s alphabet, and these as UTF-8.</summary>
    public static List<string> ByteLevel(List<string> tokens)
    {
        var bytes = new List<byte>(tokens.Count * 4);
        foreach (var token in tokens)
        {
            bytes.AddRange(Grpo.ByteLevel.BytesOf(token));
        }

        return [Encoding.UTF8.GetString([.. bytes])];
    }

    /// <summary>Reads each run of tokens such as <c>&lt;0x0A&gt;</c> as UTF-8; if any of it is invalid, all its bytes are U+FFFD.</summary>
    public static List<string> ByteFallback(List<string> tokens)
    {
        var decoded = new List<string>(tokens.Count);
        var run = new List<byte>();
        foreach (var token in tokens)
        {
            if (ByteOf(token) is { } value)
            {
                run.Add(value);
                continue;
            }

            Close();
            decoded.Add(token);
        }

        Close();
        return decoded;

        void Close()
        {
            if (run.Count > 0)
            {
                decoded.AddRange(TextOf([.. run]));
                run.Clear();
            }
        }
    }

    /// <summary>Joins the tokens, so that the next step sees the text.</summary>
    public static List<string> Fuse(List<string> tokens) => [string.Concat(tokens)];

    /// <summary>Joins the tokens with spaces, as is done where a tokenizer has no decoder.</summary>
    public static List<string> Spaced(List<string> tokens) => [string.Join(' ', tokens)];

    public static DecoderStep Replace(TextPattern pattern, string content) => tokens => tokens.ConvertAll(token => pattern.Replace(token, content));

    /// <summary>Takes at most so many of a character from the start and the end of each token.</summary>
    public static DecoderStep Strip(string character, int start, int stop) => tokens => tokens.ConvertAll(token =>
    {
        for (var i = 0; i < start && token.StartsWith(character, StringComparison.Ordinal); i++)
        {
            token = token[character.Length..];
        }

        for (var i = 0; i < stop && token.EndsWith(character, StringComparison.Ordinal); i++)
        {
            token = token[..^character.Length];
        }

        return token;
    });

    /// <summary>Writes marks as spaces; those of the first token are left out if one was put in front of the text.</summary>
    public static DecoderStep Metaspace(string mark, bool prefixed) => tokens =>
        [.. tokens.Select((token, i) => token.Replace(mark, i == 0 && prefixed ? string.Empty : " ", StringComparison.Ordinal))];

    private static byte? ByteOf(string token) =>
        token is ['<', '0', 'x', _, _, '>'] && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static IEnumerable<string> TextOf(byte[] bytes)
    {
        try
        {
            return [StrictUtf8.Encoding.GetString(bytes)];
        }
        catch (DecoderFallbackException)
        {
            return Enumerable.Repeat("\uFFFD", bytes.Length);
        }
    }
}
