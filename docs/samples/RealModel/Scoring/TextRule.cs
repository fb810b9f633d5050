using System.Text.Json;

namespace RealModel;

/// <summary>Full marks for the answer alone, in upper or lower case, white space around it aside, else nothing.</summary>
internal static class TextRule
{
    public static double Score(string? response, string answer, JsonElement metadata) =>
        response is not null && string.Equals(PythonText.Strip(response), PythonText.Strip(answer), StringComparison.OrdinalIgnoreCase) ? 1 : 0;
}
