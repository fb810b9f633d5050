using System.Text.Json;

namespace RealModel;

/// <summary>Reads what a rule needs of a problem's metadata.</summary>
internal static class Metadata
{
    /// <exception cref="InvalidDataException">There is no such text.</exception>
    public static string Text(JsonElement metadata, string name) =>
        Find(metadata, name) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : throw Missing(name, "a text");

    /// <exception cref="InvalidDataException">There is no such list of texts.</exception>
    public static IEnumerable<string> Texts(JsonElement metadata, string name) =>
        Find(metadata, name) is { ValueKind: JsonValueKind.Array } list && list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? list.EnumerateArray().Select(item => item.GetString()!)
            : throw Missing(name, "a list of texts");

    private static JsonElement? Find(JsonElement metadata, string name) =>
        metadata.ValueKind == JsonValueKind.Object && metadata.TryGetProperty(name, out var value) ? value : null;

    private static InvalidDataException Missing(string name, string what) => new($"the metadata have no \"{name}\" with {what}, which the rule needs");
}
