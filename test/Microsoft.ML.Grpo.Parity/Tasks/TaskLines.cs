using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>A file with one case a line.</summary>
internal static class TaskLines
{
    // Strict: a file that is no UTF-8 cannot be read.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="name">The file's name in the report.</param>
    /// <param name="path">The file.</param>
    /// <param name="check">Checks one case under a name.</param>
    /// <param name="report">Where to.</param>
    public static void Check(string name, string path, Action<string, JsonElement, Report> check, Report report)
    {
        var lines = File.ReadAllText(path, Utf8).Split('\n'); // at line feeds alone: JSON may hold Unicode's other line ends as they are
        var cases = Enumerable.Range(0, lines.Length).Where(i => !string.IsNullOrWhiteSpace(lines[i])).ToList();
        if (cases.Count == 0)
        {
            report.Fail(name, "has no case");
        }

        foreach (var i in cases)
        {
            var line = $"{name}:{i + 1}";
            GoldenJson.Guard(line, report, () =>
            {
                using var json = JsonDocument.Parse(lines[i]);
                check(line, json.RootElement, report);
            });
        }
    }
}
