using System.Globalization;
using System.Text;

namespace Microsoft.ML.Grpo;

/// <summary>
/// A copy of a text in which one UTF-16 unit stands for one code point. .NET's regular expressions see the two halves of a letter
/// beyond U+FFFF as two surrogates, not as a letter; Hugging Face's see code points. Matching runs on the copy, where such a code
/// point is replaced by one of the same class, and positions are mapped back.
/// </summary>
internal readonly struct CodePointShadow
{
    private readonly int[]? _positions;

    public CodePointShadow(string text)
    {
        Text = text;
        _positions = null;
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            return;
        }

        var shadow = new StringBuilder(text.Length);
        var positions = new List<int>(text.Length + 1);
        for (var i = 0; i < text.Length;)
        {
            positions.Add(i);
            var status = Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out var length);
            shadow.Append(status == System.Buffers.OperationStatus.Done && rune.IsBmp ? text[i] : StandIn(rune));
            i += length;
        }

        positions.Add(text.Length);
        Text = shadow.ToString();
        _positions = [.. positions];
    }

    /// <summary>The copy; the text itself where there is nothing beyond U+FFFF.</summary>
    public string Text { get; }

    /// <summary>Where in the original a position of the copy is.</summary>
    public int Original(int position) => _positions is null ? position : _positions[position];

    // Letters that no pattern names by themselves, one a category, since patterns such as \p{Lu} tell categories apart.
    private static char StandIn(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter => '\u00DE',
        UnicodeCategory.LowercaseLetter => '\u00FE',
        UnicodeCategory.TitlecaseLetter => '\u01C5',
        UnicodeCategory.ModifierLetter => '\u02B9',
        UnicodeCategory.OtherLetter => '\u01BB',
        UnicodeCategory.DecimalDigitNumber => '\u0660',
        UnicodeCategory.LetterNumber => '\u2160',
        UnicodeCategory.OtherNumber => '\u00B2',
        UnicodeCategory.NonSpacingMark => '\u0300',
        UnicodeCategory.SpacingCombiningMark => '\u0903',
        UnicodeCategory.EnclosingMark => '\u0488',
        UnicodeCategory.OtherPunctuation => '\u00A7',
        UnicodeCategory.DashPunctuation => '\u2010',
        UnicodeCategory.MathSymbol => '\u00B1',
        UnicodeCategory.CurrencySymbol => '\u00A2',
        UnicodeCategory.ModifierSymbol => '\u00A8',
        UnicodeCategory.Format => '\u200B',
        UnicodeCategory.PrivateUse => '\uE000',
        UnicodeCategory.OtherSymbol when rune.Value is >= 0x1F130 and <= 0x1F189 => '\u24B6', // letters in circles and squares
        UnicodeCategory.OtherSymbol => '\u00A9',
        _ => '\u0378', // assigned to nothing, too
    };
}
