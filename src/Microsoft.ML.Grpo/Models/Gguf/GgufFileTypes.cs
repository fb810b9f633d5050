using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary><see cref="GgufFileType"/> as TorchSharp and as llama.cpp name it.</summary>
internal static class GgufFileTypes
{
    /// <exception cref="ArgumentOutOfRangeException">No such type.</exception>
    public static ScalarType ToScalarType(this GgufFileType type) => Of(type).Scalar;

    /// <summary><c>general.file_type</c>.</summary>
    public static int ToFileType(this GgufFileType type) => Of(type).FileType;

    private static (ScalarType Scalar, int FileType) Of(GgufFileType type) => type switch
    {
        GgufFileType.Float32 => (ScalarType.Float32, 0),
        GgufFileType.Float16 => (ScalarType.Float16, 1),
        GgufFileType.BFloat16 => (ScalarType.BFloat16, 32),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, $"Use {nameof(GgufFileType.Float32)}, {nameof(GgufFileType.Float16)} or {nameof(GgufFileType.BFloat16)}."),
    };
}
