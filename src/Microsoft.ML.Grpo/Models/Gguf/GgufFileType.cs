namespace Microsoft.ML.Grpo;

/// <summary>llama.cpp's number of what most of a file's matrices are stored in.</summary>
internal static class GgufFileType
{
    /// <summary><c>general.file_type</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">llama.cpp has no such type.</exception>
    public static int Of(WeightType type) => type switch
    {
        WeightType.Float32 => 0,
        WeightType.Float16 => 1,
        WeightType.BFloat16 => 32,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, $"A GGUF file is saved as {nameof(WeightType.Float32)}, {nameof(WeightType.Float16)} or {nameof(WeightType.BFloat16)}."),
    };
}
