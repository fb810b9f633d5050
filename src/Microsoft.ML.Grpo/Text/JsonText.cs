using System.Text.Json;

namespace Microsoft.ML.Grpo;

/// <summary>Reads the JSON files of a model; errors name the file and the field.</summary>
internal static class JsonText
{
    /// <summary>Parses a file and reads it.</summary>
    /// <exception cref="InvalidDataException">It is not JSON, or holds a value of the wrong kind.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> json, string file, Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(WithoutMark(json));
            return read(document.RootElement);
        }
        catch (JsonException cause)
        {
            throw new InvalidDataException($"{file} is not valid JSON: {cause.Message} Fetch the file again.", cause);
        }
        catch (Exception cause) when (cause is InvalidOperationException or FormatException)
        {
            // What JsonElement throws for a value of another kind, and for escapes that are half a character.
            throw new InvalidDataException($"{file} holds a value that cannot be read: {cause.Message} Fetch the file again.", cause);
        }
    }

    /// <summary>A file's content without a byte order mark, which editors on Windows write, and which is none of JSON's.</summary>
    public static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> json) => json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json;

    /// <summary>The member's value; null if it is absent or JSON null.</summary>
    public static JsonElement? Member(this JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>The value of a flag, or what it is if absent.</summary>
    /// <exception cref="InvalidOperationException">It is neither true nor false.</exception>
    public static bool Flag(this JsonElement parent, string name, bool absent) => parent.Member(name)?.GetBoolean() ?? absent;

    public static string? Text(this JsonElement parent, string name) => parent.Member(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    public static IEnumerable<JsonElement> Items(this JsonElement parent, string name) =>
        parent.Member(name) is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : [];
}
