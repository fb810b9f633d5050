using System.Text.Json;

namespace RealModel;

/// <summary>Full marks for any palindrome of all the given letters; a little for a palindrome of others, less for an attempt.</summary>
internal static class PalindromeRule
{
    private const double NoPalindrome = 0.02;
    private const double OtherLetters = 0.05;

    public static double Score(string? response, string answer, JsonElement metadata)
    {
        if (string.IsNullOrEmpty(response))
        {
            return 0;
        }

        var given = PythonText.CodePoints(PythonText.Lower(PythonText.Strip(response)));
        if (!given.SequenceEqual(given.Reverse()))
        {
            return NoPalindrome;
        }

        var letters = Metadata.Texts(metadata, "letters").Order(StringComparer.Ordinal);
        return given.Select(PythonText.ToText).Order(StringComparer.Ordinal).SequenceEqual(letters) ? 1 : OtherLetters;
    }
}
