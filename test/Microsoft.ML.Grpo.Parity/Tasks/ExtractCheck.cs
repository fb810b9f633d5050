using System.Text.Json;
using RealModel;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>One completion: the answer in its tags must be the reference's, character by character.</summary>
internal static class ExtractCheck
{
    public static void Run(string line, JsonElement one, Report report)
    {
        var expected = GoldenJson.Field(one, "answer").GetString();
        var actual = AnswerForm.Tags.Extract(GoldenJson.Field(one, "completion").GetString()!);
        report.Check($"{line} extract", actual == expected, $"is {Quoted(actual)}, the reference's is {Quoted(expected)}");
    }

    private static string Quoted(string? text) => JsonSerializer.Serialize(text);
}
