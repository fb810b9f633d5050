namespace Microsoft.ML.Grpo;

/// <summary>
/// Finds the files of a model's directory. A file may be a link to another file of the directory, or, as every file in Hugging Face's
/// cache is (<c>snapshots/REVISION/config.json -> ../../blobs/HASH</c>), to one in the cache's own <c>blobs</c>. Other links are refused: a
/// directory out of an archive must not make a model, and with it whatever is saved of that, of files elsewhere on the machine.
/// </summary>
internal static class ModelFolder
{
    /// <summary>The path of a file; null if the directory has none of this name.</summary>
    /// <param name="directory">The directory; it may itself be a link.</param>
    /// <param name="name">A plain name.</param>
    /// <exception cref="FileNotFoundException">It is a link to no file.</exception>
    /// <exception cref="ModelFormatException">It is a link that leads out of the directory.</exception>
    public static string? Find(string directory, string name)
    {
        var path = Path.Combine(directory, name);
        var entry = new FileInfo(path);
        if (entry.LinkTarget is not { } link)
        {
            return entry.Exists ? path : null;
        }

        var (file, home) = (RealPath.Of(path), RealPath.Of(directory));
        if (!File.Exists(file))
        {
            throw new FileNotFoundException($"'{path}' is a link to '{link}', which is no file. Download the model again.", path);
        }

        return IsBelow(file, home) || (Blobs(home) is { } blobs && IsBelow(file, blobs)) ? path : throw new ModelFormatException(
            path, $"is a link to '{link}', which lies outside of the model's directory. Copy the file into the directory, or give the directory that it lies in.");
    }

    /// <summary>The blobs of the cache that a directory is a snapshot in, or a part of one; null if it is none.</summary>
    private static string? Blobs(string home)
    {
        for (var folder = new DirectoryInfo(home); folder.Parent is { } parent; folder = parent)
        {
            if (folder.Name == "snapshots")
            {
                return Path.Combine(parent.FullName, "blobs");
            }
        }

        return null;
    }

    private static bool IsBelow(string path, string folder)
    {
        var relative = Path.GetRelativePath(folder, path);
        return relative != path && relative.Split(Path.DirectorySeparatorChar)[0] != "..";
    }
}
