using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>What <c>expected.json</c> says; what it leaves out is not checked. Bounds are its own.</summary>
internal sealed partial record GgufExpectation(JsonElement Root, Report Report)
{
    public JsonElement? Find(string key) => Find(Root, key);

    public static JsonElement? Find(JsonElement json, string key) => json.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public IEnumerable<JsonElement> Items(string key) => Find(key)?.EnumerateArray() ?? Enumerable.Empty<JsonElement>();

    /// <summary>A bound of the file's <c>tolerances</c>.</summary>
    public double Tolerance(string key) => Find("tolerances") is { } tolerances && Find(tolerances, key) is { } value
        ? value.GetDouble()
        : throw new InvalidOperationException($"expected.json has no tolerance '{key}'.");

    /// <summary>The gap between first and second logit below which greedy tokens need not agree: a number, or in a sentence; 0 if the file does not say.</summary>
    public double GreedyGap => Find("tolerances") is not { } tolerances || Find(tolerances, "greedy") is not { } greedy ? 0
        : greedy.ValueKind == JsonValueKind.Number ? greedy.GetDouble()
        : Number().Match(greedy.GetString()!) is { Success: true } match ? double.Parse(match.ValueSpan, CultureInfo.InvariantCulture)
        : throw new FormatException($"The tolerance 'greedy' names no gap: '{greedy.GetString()}'.");

    public static int[] Ids(JsonElement list) => [.. list.EnumerateArray().Select(id => id.GetInt32())];

    public static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(number => number.GetDouble())];

    [GeneratedRegex(@"\d+\.\d+(e-?\d+)?|\d+e-?\d+")]
    private static partial Regex Number();
}
