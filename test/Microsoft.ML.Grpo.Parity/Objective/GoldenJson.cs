using System.Runtime.InteropServices;
using System.Text.Json;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>Reads reference data strictly: what is missing, of another kind or unknown is an <see cref="InvalidDataException"/> that names it.</summary>
internal static class GoldenJson
{
    public static JsonElement Read(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }

    /// <summary>Runs a part of the check; data that cannot be read, or that the library refuses, is a failed case.</summary>
    public static void Guard(string name, Report report, Action check)
    {
        try
        {
            check();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException or JsonException
            or InvalidOperationException or NotSupportedException or FormatException or ArgumentException or IndexOutOfRangeException or ExternalException)
        {
            report.Fail(name, exception.Message);
        }
    }

    /// <summary>Every field that is there must be known.</summary>
    public static void RequireKnown(JsonElement json, string what, IReadOnlyCollection<string> known)
    {
        foreach (var field in json.EnumerateObject().Where(field => !known.Contains(field.Name)))
        {
            throw new InvalidDataException($"{what} has a field '{field.Name}', which the checker does not know");
        }
    }

    public static JsonElement Field(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) ? value : throw new InvalidDataException($"'{name}' is missing");

    public static JsonElement? Optional(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A number; null is NaN.</summary>
    public static double Number(JsonElement json) => json.ValueKind == JsonValueKind.Null ? double.NaN : json.GetDouble();

    public static double[] Numbers(JsonElement json) => [.. json.EnumerateArray().Select(Number)];

    public static double[][] Rows(JsonElement json) => [.. json.EnumerateArray().Select(Numbers)];

    public static int[][] IdRows(JsonElement json) => [.. json.EnumerateArray().Select(row => row.EnumerateArray().Select(id => id.GetInt32()).ToArray())];

    /// <summary>Rows cut or filled up to a width: [rows, width] float64, of the current dispose scope.</summary>
    public static Tensor Padded(double[][] rows, double padding, int width) =>
        tensor([.. rows.SelectMany(row => row.Concat(Enumerable.Repeat(padding, width)).Take(width))]).reshape(rows.Length, width);

    /// <summary>Scores [rows, functions]; null = not scored. The reference holds rewards in float32: 0.1 is 0.10000000149 to it, so it is to us.</summary>
    public static double?[,] Scores(JsonElement json)
    {
        var rows = Rows(json);
        var scores = new double?[rows.Length, rows[0].Length];
        for (var row = 0; row < rows.Length; row++)
        {
            for (var function = 0; function < rows[row].Length; function++)
            {
                scores[row, function] = double.IsNaN(rows[row][function]) ? null : (float)rows[row][function];
            }
        }

        return scores;
    }
}
