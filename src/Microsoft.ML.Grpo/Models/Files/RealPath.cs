namespace Microsoft.ML.Grpo;

/// <summary>Where a path leads when every link on the way is followed, those of directories included.</summary>
internal static class RealPath
{
    private const int MostLinks = 40; // as Linux has it

    private static readonly char[] Separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];

    /// <exception cref="IOException">The links lead round in a circle.</exception>
    public static string Of(string path)
    {
        var full = Path.GetFullPath(path);
        var real = Path.GetPathRoot(full)!;
        var rest = new Stack<string>();
        Push(full[real.Length..]);
        for (var links = 0; rest.TryPop(out var part);)
        {
            if (part == "..")
            {
                real = Path.GetDirectoryName(real) ?? real;
                continue;
            }

            var next = Path.Combine(real, part);
            if (Target(next) is not { } target)
            {
                real = next;
                continue;
            }

            if (++links > MostLinks)
            {
                throw new IOException($"'{path}' leads through more than {MostLinks} links.");
            }

            var root = Path.GetPathRoot(target)!;
            real = root.Length > 0 ? Path.GetPathRoot(Path.GetFullPath(target))! : real;
            Push(target[root.Length..]);
        }

        return real;

        void Push(string parts)
        {
            foreach (var part in parts.Split(Separators, StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").Reverse())
            {
                rest.Push(part);
            }
        }
    }

    /// <summary>
    /// Bytes of the file that a path leads to. A pipe, which an archive can hold, has none: whoever takes it for an empty file does not
    /// open it, and wait for ever.
    /// </summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static long Length(string path) => new FileInfo(Of(path)).Length;

    private static string? Target(string path) => (Directory.Exists(path) ? (FileSystemInfo)new DirectoryInfo(path) : new FileInfo(path)).LinkTarget;
}
