namespace Microsoft.ML.Grpo;

/// <summary>
/// The key-value pairs of a GGUF file. Whole numbers of every size are read as <see cref="long"/> (those above 2^63 - 1 are refused),
/// floating point ones as <see cref="double"/>. A value of the wrong kind is an error that names file, key and value.
/// </summary>
internal sealed class GgufMetadata
{
    private const int DeepestArray = 4;
    private const int MostPairs = 1 << 16; // a hundred times what converters write
    private const int LongestKey = 65535; // the format's own limit
    private const long LongestArray = 1 << 24; // sixty times the largest vocabulary; a byte of a file can take sixteen in memory

    private readonly string _file;
    private readonly OrderedDictionary<string, object> _values = new(StringComparer.Ordinal);

    private GgufMetadata(string file) => _file = file;

    public IReadOnlyDictionary<string, object> Values => _values;

    public static GgufMetadata Read(GgufStreamReader reader, long count)
    {
        if (count > MostPairs)
        {
            throw reader.Error($"the number of metadata pairs is {count}, more than the {MostPairs} that are read", "Use another model.");
        }

        var metadata = new GgufMetadata(reader.File);
        for (long i = 0; i < count; i++)
        {
            var key = reader.Text("a metadata key", LongestKey);
            var value = Value(reader, key, reader.UInt32($"the type of '{key}'"), 0);
            if (!metadata._values.TryAdd(key, value))
            {
                throw reader.Error($"the metadata key '{key}' appears twice");
            }
        }

        return metadata;
    }

    public ModelFormatException Error(string key, string problem, string remedy = "Use a file that llama.cpp's converter made.") => new(_file, $"metadata '{key}' {problem}. {remedy}");

    public ModelFormatException Missing(string key) => new(_file, $"has no metadata '{key}'. Use a complete model file; an adapter or a vocabulary alone is none.");

    public string? Text(string key) => Of<string>(key, "a text");

    public long? Whole(string key) => _values.ContainsKey(key) ? Of<object>(key, "a whole number") as long? ?? throw Wrong(key, "a whole number") : null;

    /// <summary>A whole number from 1 to 2^31 - 1.</summary>
    public int? Count(string key) => Whole(key) switch
    {
        null => null,
        >= 1 and <= int.MaxValue and var value => (int)value,
        var value => throw Error(key, $"is {value}, not a whole number from 1 to {int.MaxValue}"),
    };

    /// <summary>A number, whole or not.</summary>
    public double? Number(string key) => _values.ContainsKey(key) ? Finite(key) ?? throw Wrong(key, "a number") : null;

    /// <summary>A number above 0.</summary>
    public double? Positive(string key) => _values.ContainsKey(key) ? Finite(key) is > 0 and var value ? value : throw Wrong(key, "a number above 0") : null;

    public bool? Flag(string key) => _values.ContainsKey(key) ? Of<object>(key, "true or false") as bool? ?? throw Wrong(key, "true or false") : null;

    /// <summary>A list of texts (<see cref="string"/>), whole numbers (<see cref="long"/>) or others (<see cref="double"/>); null if it is absent.</summary>
    public IReadOnlyList<T>? List<T>(string key) => Of<T[]>(key, $"a list of {(typeof(T) == typeof(string) ? "texts" : typeof(T) == typeof(long) ? "whole numbers" : "numbers")}");

    private double? Finite(string key) => _values[key] switch
    {
        double value when double.IsFinite(value) => value,
        long value => value,
        _ => null,
    };

    private T? Of<T>(string key, string wanted)
        where T : class =>
        _values.GetValueOrDefault(key) is { } value ? value as T ?? throw Wrong(key, wanted) : null;

    private ModelFormatException Wrong(string key, string wanted) => Error(key, $"is {Show(_values[key])}, not {wanted}");

    /// <summary>A value in words, cut if it is long.</summary>
    public static string Show(object value) => value switch
    {
        string text => $"'{(text.Length <= 80 ? text : text[..77] + "...")}'",
        Array list => $"a list of {list.Length}",
        IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static object Value(GgufStreamReader reader, string key, uint type, int depth) => type switch
    {
        0 => (long)reader.Byte(key),
        1 => (long)(sbyte)reader.Byte(key),
        2 => (long)reader.UInt16(key),
        3 => (long)(short)reader.UInt16(key),
        4 => (long)reader.UInt32(key),
        5 => (long)(int)reader.UInt32(key),
        6 => (double)BitConverter.UInt32BitsToSingle(reader.UInt32(key)),
        7 => reader.Byte(key) switch
        {
            0 => false,
            1 => true,
            var other => throw reader.Error($"the metadata '{key}' is {other}, which is neither true nor false"),
        },
        8 => reader.Text($"the metadata '{key}'"),
        9 when depth < DeepestArray => Array(reader, key, depth),
        10 => reader.Int64($"the metadata '{key}'"),
        11 => unchecked((long)reader.UInt64(key)),
        12 => BitConverter.UInt64BitsToDouble(reader.UInt64(key)),
        9 => throw reader.Error($"the metadata '{key}' has lists within lists within lists"),
        _ => throw reader.Error($"the metadata '{key}' has the type {type}, which GGUF does not know"),
    };

    private static Array Array(GgufStreamReader reader, string key, int depth)
    {
        var type = reader.UInt32($"the type of the list '{key}'");
        var size = type switch { 0 or 1 or 7 => 1, 2 or 3 => 2, 4 or 5 or 6 => 4, 8 or 10 or 11 or 12 => 8, _ => 12 };
        var count = reader.Count($"length of the list '{key}'", size);
        if (count > LongestArray)
        {
            throw reader.Error($"the list '{key}' has {count} entries, more than the {LongestArray} that are read", "Use another model.");
        }

        return type switch
        {
            8 => Fill<string>(),
            6 or 12 => Fill<double>(),
            7 => Fill<bool>(),
            9 => Fill<object>(),
            <= 11 => Fill<long>(),
            _ => throw reader.Error($"the list '{key}' holds the type {type}, which GGUF does not know"),
        };

        T[] Fill<T>()
        {
            // Grown as it is read: eight bytes of a file must not become an array of gigabytes.
            var items = new List<T>();
            for (long i = 0; i < count; i++)
            {
                items.Add((T)Value(reader, key, type, depth + 1));
            }

            return [.. items];
        }
    }
}
