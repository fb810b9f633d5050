namespace Microsoft.ML.Grpo;

/// <summary>
/// Where files that an index names may lead if they are symbolic links: into the model's own directory, or to where the index itself
/// leads, as in Hugging Face's cache, in which every file of a model is a link into one folder. A link to anywhere else would let
/// a downloaded model read any file of the machine.
/// </summary>
internal static class ShardLinks
{
    /// <exception cref="ModelFormatException">The file leads elsewhere.</exception>
    public static void Check(string index, string shard)
    {
        if (Target(shard) is not { } target)
        {
            return;
        }

        var directory = Path.GetDirectoryName(Path.GetFullPath(index))!;
        var folder = Path.GetDirectoryName(target);
        if (folder != directory && folder != Path.GetDirectoryName(Target(index)))
        {
            throw new ModelFormatException(shard, $"is a symbolic link to '{target}', outside of the model's directory. Put the file itself there.");
        }
    }

    /// <summary>Where a link ends; null if the file is none.</summary>
    private static string? Target(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName;
}
