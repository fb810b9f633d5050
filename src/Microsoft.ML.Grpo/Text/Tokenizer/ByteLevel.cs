using System.Text;

namespace Microsoft.ML.Grpo;

/// <summary>GPT-2's alphabet: every byte as one printable character, so that a vocabulary of bytes can be written as text.</summary>
internal static class ByteLevel
{
    private static readonly char[] Spelling = Alphabet();

    /// <summary>The byte of each character of the alphabet, by its code; -1 for others.</summary>
    private static readonly short[] Bytes = [.. Enumerable.Range(0, Spelling.Max() + 1).Select(character => (short)Array.IndexOf(Spelling, (char)character))];

    /// <summary>
    /// The bytes that a token stands for. A token with a character outside the alphabet stands for its own UTF-8, as in
    /// Hugging Face's decoder: added tokens with spaces are such.
    /// </summary>
    public static byte[] BytesOf(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
        {
            if (token[i] >= Bytes.Length || Bytes[token[i]] < 0)
            {
                return Encoding.UTF8.GetBytes(token);
            }

            bytes[i] = (byte)Bytes[token[i]];
        }

        return bytes;
    }

    /// <summary>The UTF-8 of a text in the alphabet, as vocabularies spell it.</summary>
    public static string Spell(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        return string.Create(utf8.Length, utf8, (spelled, bytes) =>
        {
            for (var i = 0; i < bytes.Length; i++)
            {
                spelled[i] = Spelling[bytes[i]];
            }
        });
    }

    /// <summary>The characters of the alphabet, by byte.</summary>
    public static IEnumerable<(char Character, byte Byte)> Characters => Spelling.Select((character, value) => (character, (byte)value));

    private static char[] Alphabet()
    {
        var alphabet = new char[256];
        var shifted = 0;
        for (var value = 0; value < 256; value++)
        {
            // Printable Latin-1 stands for itself; the rest (controls, spaces, soft hyphen) is moved to U+0100 and up.
            var printable = value is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE and <= 0xFF;
            alphabet[value] = printable ? (char)value : (char)(256 + shifted++);
        }

        return alphabet;
    }
}
