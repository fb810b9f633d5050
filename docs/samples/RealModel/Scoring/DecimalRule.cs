using System.Text.Json;

namespace RealModel;

/// <summary>Full marks for the same decimal number, however it is written; else as <see cref="ContainsRule"/>. Commas do not count.</summary>
internal static class DecimalRule
{
    public static double Score(string? response, string answer, JsonElement metadata)
    {
        if (string.IsNullOrEmpty(response))
        {
            return 0;
        }

        (response, answer) = (WithoutCommas(response), WithoutCommas(answer));
        return PythonDecimal.AreEqual(response, answer) ? 1 : ContainsRule.Score(response, answer, metadata);
    }

    private static string WithoutCommas(string text) => text.Replace(",", "", StringComparison.Ordinal);
}
