using System.Text.Json;

namespace RealModel;

/// <summary>The share of words that stand in their places; the right words in another order score something at least.</summary>
internal static class WordListRule
{
    private const double RightWords = 0.2;

    public static double Score(string? response, string answer, JsonElement metadata)
    {
        if (string.IsNullOrEmpty(response))
        {
            return 0;
        }

        string[] given = [.. response.Split(',').Select(PythonText.Strip)];
        string[] right = [.. Metadata.Texts(metadata, "sorted_words")];
        var share = given.Zip(right).Count(pair => pair.First == pair.Second) / (double)right.Length;
        return given.Order(StringComparer.Ordinal).SequenceEqual(right.Order(StringComparer.Ordinal)) ? Math.Max(share, RightWords) : share;
    }
}
