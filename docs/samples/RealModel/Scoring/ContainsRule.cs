using System.Text.Json;

namespace RealModel;

/// <summary>Full marks for the answer alone; where there is more around it, the answer's share of the response.</summary>
internal static class ContainsRule
{
    public static double Score(string? response, string answer, JsonElement metadata)
    {
        if (string.IsNullOrEmpty(response) || !response.Contains(answer, StringComparison.Ordinal))
        {
            return 0;
        }

        return PythonText.Length(answer) / (double)PythonText.Length(response); // equal: 1
    }
}
