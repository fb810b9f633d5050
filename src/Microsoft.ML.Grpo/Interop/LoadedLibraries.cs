namespace Microsoft.ML.Grpo;

/// <summary>The shared libraries in this process, as Linux lists them.</summary>
internal static class LoadedLibraries
{
    /// <summary>The path of the first library whose file name begins so; <see langword="null"/>: there is none.</summary>
    internal static string? Find(string fileNamePrefix) => File.ReadLines("/proc/self/maps")
        .Select(line => line.IndexOf('/', StringComparison.Ordinal) is >= 0 and var at ? line[at..] : "")
        .FirstOrDefault(path => Path.GetFileName(path).StartsWith(fileNamePrefix, StringComparison.Ordinal) && File.Exists(path));
}
