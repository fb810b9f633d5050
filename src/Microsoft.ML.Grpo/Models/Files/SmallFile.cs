namespace Microsoft.ML.Grpo;

/// <summary>Reads what a model directory has beside its weights into memory.</summary>
internal static class SmallFile
{
    /// <summary>Three times the largest tokenizer in use, and all tensors of any model. A file in an archive may claim any length.</summary>
    private const long MostBytes = 100_000_000;

    /// <exception cref="ModelFormatException">It is larger than any such file.</exception>
    public static byte[] Read(string path) => RealPath.Length(path) switch
    {
        0 => [],
        <= MostBytes => File.ReadAllBytes(path),
        var length => throw new ModelFormatException(path, $"has {length} bytes, and no such file of a model more than {MostBytes}. Download the file again."),
    };
}
