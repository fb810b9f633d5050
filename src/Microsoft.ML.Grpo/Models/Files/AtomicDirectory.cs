using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Writes a directory's files under a temporary name first. A directory that does not exist yet appears complete or not at
/// all; in one that exists each file is replaced whole. Until all is written and flushed, nothing at the target changes; a
/// failure while files of an existing one are replaced leaves some new and some old, and the error says so.
/// </summary>
internal static partial class AtomicDirectory
{
    /// <param name="directory">The target; missing parents are made.</param>
    /// <param name="fill">Writes all files into the folder that it is given.</param>
    /// <param name="replace">Moves them into the target that exists, from the folder: target, folder.</param>
    /// <exception cref="IOException">The disk is full, or the target is a file; the target is as it was, unless <paramref name="replace"/> had begun.</exception>
    public static void Write(string directory, Action<string> fill, Action<string, string> replace)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        if (File.Exists(target))
        {
            throw new IOException($"'{directory}' is a file. Give a directory to save the model in.");
        }

        // Inside an existing target, since what a link points to may lie on another disk, where a rename is a copy.
        var exists = Directory.Exists(target);
        var replacing = false;
        var temporary = $"{(exists ? target + Path.DirectorySeparatorChar : target)}.saving-{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(temporary);
            fill(temporary);
            if (exists)
            {
                replacing = true;
                replace(target, temporary);
            }
            else
            {
                Directory.Move(temporary, target);
            }
        }
        catch (Exception cause) when (SaveFailure.Is(cause))
        {
            throw SaveFailure.Of(directory, untouched: !replacing, cause);
        }
        finally
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
    }

    /// <summary>Moves the files of these names that were written, in this order, and deletes those of the target that were not.</summary>
    public static void Replace(string target, string temporary, IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            var written = Path.Combine(temporary, name);
            if (File.Exists(written))
            {
                File.Move(written, Path.Combine(target, name), overwrite: true);
            }
            else
            {
                File.Delete(Path.Combine(target, name));
            }
        }
    }

    /// <summary>Deletes the target's files whose names a pattern matches.</summary>
    public static void Delete(string target, Regex name)
    {
        foreach (var stale in Directory.EnumerateFiles(target).Where(path => name.IsMatch(Path.GetFileName(path))).ToArray())
        {
            File.Delete(stale);
        }
    }

    /// <summary>A text with the target in place of the temporary directory.</summary>
    public static string WithoutTemporaryNames(string text) => TemporaryName().Replace(text, string.Empty);

    [GeneratedRegex(@"[/\\]?\.saving-[0-9a-f]{32}")]
    private static partial Regex TemporaryName();
}
