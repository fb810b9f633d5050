namespace Microsoft.ML.Grpo;

/// <summary>Tells what a file is by its first bytes, whatever its name.</summary>
internal static class FileStart
{
    public static ReadOnlySpan<byte> Gguf => "GGUF"u8;

    public static ReadOnlySpan<byte> Zip => "PK\u0003\u0004"u8;

    /// <summary>Whether there is such a file, and it can be read and begins so. A pickle is not even opened.</summary>
    public static bool Is(string path, ReadOnlySpan<byte> start)
    {
        if (!File.Exists(path) || PickledWeights.Is(path) || RealPath.Length(path) < start.Length)
        {
            return false;
        }

        try
        {
            Span<byte> read = stackalloc byte[start.Length];
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            return file.ReadAtLeast(read, read.Length, throwOnEndOfStream: false) == read.Length && read.SequenceEqual(start);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
