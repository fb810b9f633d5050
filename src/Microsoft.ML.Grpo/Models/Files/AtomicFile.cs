using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Writes a file under a temporary name in its own directory, flushes it to the disk, then renames it: whoever opens the
/// path finds the old file or the new one, never a part. If anything fails, the temporary file is deleted and the old one stays.
/// </summary>
internal static partial class AtomicFile
{
    /// <summary>Characters of the file's name in the temporary one, which must not be too long where the file's own is not.</summary>
    private const int MostOfName = 60;

    /// <param name="path">The file to write; its directory must exist.</param>
    /// <param name="write">Writes the content.</param>
    /// <param name="create">Creates the temporary file; tests give one that fails.</param>
    public static void Write(string path, Action<Stream> write, Func<string, Stream>? create = null)
    {
        var full = Path.GetFullPath(path);
        var name = Path.GetFileName(full);
        var temporary = Path.Combine(Path.GetDirectoryName(full)!, $".{name[..Math.Min(name.Length, MostOfName)]}.{Guid.NewGuid():N}.tmp");
        try
        {
            using (var stream = (create ?? Create)(temporary))
            {
                write(stream);
                if (stream is FileStream file)
                {
                    // A rename may reach the disk before the content does, and a power cut would leave an empty file.
                    file.Flush(flushToDisk: true);
                }
            }

            File.Move(temporary, full, overwrite: true);
        }
        catch
        {
            if (File.Exists(temporary))
            {
                File.Delete(temporary);
            }

            throw;
        }
    }

    /// <summary>A text with the names of files in place of the temporary ones.</summary>
    public static string WithoutTemporaryNames(string text) => TemporaryName().Replace(text, "$1");

    [GeneratedRegex(@"\.([^/\\]+)\.[0-9a-f]{32}\.tmp")]
    private static partial Regex TemporaryName();

    private static FileStream Create(string path) => new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
}
