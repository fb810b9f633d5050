using System.Text;

namespace Microsoft.ML.Grpo;

/// <summary>GPT-2's alphabet: every byte as one printable character, so that a vocabulary of bytes can be written as text.</summary>
internal static class ByteLevel
{
    private static readonly Dictionary<char, byte> Bytes = Alphabet();
    private static readonly char[] Spelling = [.. Bytes.OrderBy(pair => pair.Value).Select(pair => pair.Key)];

    /// <summary>
    /// The bytes that a token stands for. A token with a character outside the alphabet stands for its own UTF-8, as in
    /// Hugging Face's decoder: added tokens with spaces are such.
    /// </summary>
    public static byte[] BytesOf(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
        {
            if (!Bytes.TryGetValue(token[i], out bytes[i]))
            {
                return Encoding.UTF8.GetBytes(token);
            }
        }

        return bytes;
    }

    /// <summary>The UTF-8 of a text in the alphabet, as vocabularies spell it.</summary>
    public static string Spell(string text) => string.Concat(Encoding.UTF8.GetBytes(text).Select(value => Spelling[value]));

    /// <summary>The characters of the alphabet, by byte.</summary>
    public static IEnumerable<(char Character, byte Byte)> Characters => Bytes.Select(pair => (pair.Key, pair.Value));

    private static Dictionary<char, byte> Alphabet()
    {
        var alphabet = new Dictionary<char, byte>(256);
        var shifted = 0;
        for (var value = 0; value < 256; value++)
        {
            // Printable Latin-1 stands for itself; the rest (controls, spaces, soft hyphen) is moved to U+0100 and up.
            var printable = value is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE and <= 0xFF;
            alphabet[printable ? (char)value : (char)(256 + shifted++)] = (byte)value;
        }

        return alphabet;
    }
}
