using System.Text.Json;

namespace RealModel;

/// <summary>Full marks for the answer alone, white space around it aside, else nothing.</summary>
internal static class ExactRule
{
    public static double Score(string? response, string answer, JsonElement metadata) =>
        response is not null && PythonText.Strip(response) == PythonText.Strip(answer) ? 1 : 0;
}
