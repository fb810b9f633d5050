using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>The safetensors names of the element types that are read and written.</summary>
internal static class SafetensorsDtype
{
    private static readonly (string Name, ScalarType Type, int Size)[] Table =
    [
        ("F64", ScalarType.Float64, 8),
        ("F32", ScalarType.Float32, 4),
        ("F16", ScalarType.Float16, 2),
        ("BF16", ScalarType.BFloat16, 2),
        ("I64", ScalarType.Int64, 8),
        ("I32", ScalarType.Int32, 4),
        ("I16", ScalarType.Int16, 2),
        ("I8", ScalarType.Int8, 1),
        ("U8", ScalarType.Byte, 1),
        ("BOOL", ScalarType.Bool, 1),
    ];

    public static string Supported => string.Join(", ", Table.Select(row => row.Name));

    public static bool TryParse(string name, out ScalarType type)
    {
        var found = Table.FirstOrDefault(row => row.Name == name);
        type = found.Type;
        return found.Name is not null;
    }

    /// <summary>The type's name in a file.</summary>
    public static string Name(ScalarType type) => Table.First(row => row.Type == type).Name;

    /// <summary>Bytes of one element.</summary>
    public static int Size(ScalarType type) => Table.First(row => row.Type == type).Size;

    /// <summary>The floating point type that most numbers have; float32 if there are none.</summary>
    public static ScalarType MostOf(IEnumerable<SafetensorsEntry> entries) =>
        entries.Where(entry => IsFloat(entry.Type)).GroupBy(entry => entry.Type).MaxBy(group => group.Sum(entry => entry.Elements))?.Key ?? ScalarType.Float32;

    public static bool IsFloat(ScalarType type) =>
        type is ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16;
}
