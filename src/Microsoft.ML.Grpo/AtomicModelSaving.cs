using Microsoft.ML.Grpo;

namespace Microsoft.ML;

/// <summary>Saves models so that no half of one is ever found.</summary>
public static class AtomicModelSaving
{
    /// <summary>
    /// Saves a model as <c>Model.Save</c> does, but completely or not at all: it is written under a temporary name in the
    /// same directory, flushed, then renamed. <c>Model.Save</c> writes into the file itself, so a full disk costs the model
    /// that was there before.
    /// </summary>
    /// <param name="catalog">The catalog, <c>mlContext.Model</c>.</param>
    /// <param name="model">Any transformer: a trained policy, or a chain that holds one.</param>
    /// <param name="inputSchema">The schema of its input; <see langword="null"/> if it is not known.</param>
    /// <param name="path">The file; its directory is made if it is not there. A file of that name is replaced.</param>
    /// <exception cref="IOException">The disk is full, or the place cannot be written to; what was there before is untouched.</exception>
    public static void SaveAtomically(this ModelOperationsCatalog catalog, ITransformer model, DataViewSchema? inputSchema, string path) =>
        SaveAtomically(catalog, model, inputSchema, path, create: null);

    internal static void SaveAtomically(ModelOperationsCatalog catalog, ITransformer model, DataViewSchema? inputSchema, string path, Func<string, Stream>? create)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (Directory.Exists(path))
        {
            throw new IOException($"'{path}' is a directory. Give a file to save the model in.");
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            AtomicFile.Write(path, stream => catalog.Save(model, inputSchema, stream), create);
        }
        catch (Exception cause) when (SaveFailure.Is(cause))
        {
            throw SaveFailure.Of(path, untouched: true, cause);
        }
    }
}
