using System.Text.Json;
using System.Text.Unicode;

namespace Microsoft.ML.Grpo;

/// <summary>
/// One JSON object of a model directory, read key by key. A value of the wrong kind is an error that names file, key
/// and value; it remembers which keys were asked for, so that the others can be reported.
/// </summary>
internal sealed class ConfigJson
{
    private readonly Dictionary<string, JsonElement> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    private ConfigJson(string file, JsonElement root)
    {
        File = file;
        foreach (var property in root.EnumerateObject())
        {
            var name = Name(property);
            if (!_values.TryAdd(name, property.Value))
            {
                throw Error(name, "appears twice. Remove one of the two.");
            }
        }
    }

    /// <summary>The file's name, for errors.</summary>
    public string File { get; }

    /// <summary>All keys, in the file's order.</summary>
    public IEnumerable<string> Keys => _values.Keys;

    /// <summary>Keys that nobody asked for, in the file's order.</summary>
    public IReadOnlyList<string> Unread => [.. _values.Keys.Where(key => !_read.Contains(key))];

    public static ConfigJson Parse(string file, ReadOnlyMemory<byte> utf8)
    {
        // The parser looks at a text's bytes only when it is asked for, and then with an error of another kind.
        if (!Utf8.IsValid(utf8.Span))
        {
            throw new ModelFormatException(file, "is not valid UTF-8. Download the file again.");
        }

        try
        {
            using var document = JsonDocument.Parse(JsonText.WithoutMark(utf8));
            var root = document.RootElement.Clone();
            return root.ValueKind == JsonValueKind.Object
                ? new ConfigJson(file, root)
                : throw new ModelFormatException(file, $"is a JSON {Kind(root)}, not an object. Download the file again.");
        }
        catch (JsonException exception)
        {
            throw new ModelFormatException(file, $"is not valid JSON ({exception.Message}) Download the file again.", exception);
        }
    }

    public ModelFormatException Error(string key, string problem) => new(File, $"'{key}' {problem}");

    /// <summary>The value; <see langword="null"/> when the key is absent or its value is JSON's null.</summary>
    public JsonElement? Value(string key)
    {
        _read.Add(key);
        return _values.TryGetValue(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    /// <summary>Whether the key is there, with whatever value.</summary>
    public bool Has(string key) => _values.ContainsKey(key);

    public bool Flag(string key, bool absent) => Value(key) switch
    {
        null => absent,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } other => throw WrongKind(key, "true or false", other),
    };

    public int Count(string key, int absent) => OptionalCount(key) ?? absent;

    /// <summary>A whole number of at least 1.</summary>
    public int? OptionalCount(string key) => Value(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out var number) && number >= 1 => number,
        { } other => throw WrongKind(key, $"a whole number from 1 to {int.MaxValue}", other),
    };

    /// <summary>A finite number above 0.</summary>
    public double PositiveNumber(string key, double absent) => Value(key) switch
    {
        null => absent,
        { ValueKind: JsonValueKind.Number } value when value.TryGetDouble(out var number) && number > 0 && double.IsFinite(number) => number,
        { } other => throw WrongKind(key, "a number above 0", other),
    };

    public string? Text(string key) => Value(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => Characters(key, value),
        { } other => throw WrongKind(key, "a string", other),
    };

    public IReadOnlyList<string> Texts(string key) => Value(key) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list when list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            => [.. list.EnumerateArray().Select(item => Characters(key, item))],
        { } other => throw WrongKind(key, "a list of strings", other),
    };

    /// <summary>Token ids given as one number or as a list of numbers; none when absent.</summary>
    public IReadOnlyList<int> TokenIds(string key) => Value(key) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(item => TokenId(key, item))],
        { } value => [TokenId(key, value)],
    };

    public int? TokenId(string key) => Value(key) is { } value ? TokenId(key, value) : null;

    /// <summary>An object's own reader, whose errors name the file and <paramref name="key"/>.</summary>
    public ConfigJson? Object(string key) => Value(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => new ConfigJson($"{File}: '{key}'", value),
        { } other => throw WrongKind(key, "an object", other),
    };

    public static string Show(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length <= 80 ? text : text[..77] + "...";
    }

    private string Name(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException cause)
        {
            throw new ModelFormatException(File, "has a key with half a character in it. Download the file again.", cause);
        }
    }

    private string Characters(string key, JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw WrongKind(key, "text of whole characters", value);
        }
    }

    private int TokenId(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var id) ? id : throw WrongKind(key, "a token id or a list of them", value);

    private ModelFormatException WrongKind(string key, string wanted, JsonElement value) =>
        Error(key, $"is {Show(value)}, not {wanted}. Correct it, or download the file again.");

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "list",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        _ => "literal",
    };
}
