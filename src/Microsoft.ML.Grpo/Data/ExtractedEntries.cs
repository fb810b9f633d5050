using Microsoft.ML.Runtime;

namespace Microsoft.ML.Grpo;

/// <summary>The entries of a model as files in a directory of their own, deleted on <see cref="Dispose"/>.</summary>
internal sealed class ExtractedEntries : IDisposable
{
    private ExtractedEntries(string directory) => Directory = directory;

    internal string Directory { get; }

    /// <summary>Copies entries out of a model, in pieces, under the environment's temporary path.</summary>
    /// <exception cref="InvalidDataException">A name is not a plain file name, or there is no such entry.</exception>
    internal static ExtractedEntries Extract(IHostEnvironment environment, object loadContext, IReadOnlyList<string> names)
    {
        var parent = MLNetInternals.TempFilePathOf(environment);
        var directory = Path.Combine(string.IsNullOrEmpty(parent) ? Path.GetTempPath() : parent, $"grpo-load-{Guid.NewGuid():N}");
        var entries = new ExtractedEntries(directory);
        try
        {
            MakeDirectory(directory);
            foreach (var name in names)
            {
                EntryName.Check(name);
                entries.Copy(loadContext, name);
            }

            return entries;
        }
        catch
        {
            entries.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (System.IO.Directory.Exists(Directory))
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
    }

    // A model may be a secret, and a temporary path is often everybody's.
    private static void MakeDirectory(string path) => _ = OperatingSystem.IsWindows()
        ? System.IO.Directory.CreateDirectory(path)
        : System.IO.Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    private void Copy(object loadContext, string name)
    {
        var found = MLNetInternals.TryLoadBinaryStream(loadContext, name, reader =>
        {
            using var file = new FileStream(Path.Combine(Directory, name), FileMode.CreateNew, FileAccess.Write);
            reader.BaseStream.CopyTo(file);
        });
        if (!found)
        {
            throw new InvalidDataException($"The GRPO model is damaged: its entry '{name}' is missing. Save or copy it again.");
        }
    }
}
