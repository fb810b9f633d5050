using System.Text.Json;

namespace RealModel;

/// <summary>Full marks where the last number of the response is the answer, whatever stands around it, else nothing.</summary>
internal static class LastNumberRule
{
    public static double Score(string? response, string answer, JsonElement metadata) =>
        response is not null && AnswerForm.LastNumberOf(response) is { } number && PythonDecimal.AreEqual(number, answer) ? 1 : 0;
}
