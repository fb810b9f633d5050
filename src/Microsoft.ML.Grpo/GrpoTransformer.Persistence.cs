using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Grpo;

/// <content>Saving and loading inside ML.NET's model file.</content>
public sealed partial class GrpoTransformer
{
    // *** Binary format ***
    // Model.key: int32 format version, then (version 1) int32 length and UTF-8 bytes of one JSON object, SavedTransformer
    // beside it:  the entries that the JSON names, each a file of the generator's
    private const int FormatVersion = 1;

    // The header stays what it is: the body has its own version, whose error can name the remedy.
    internal static readonly ModelVersion Header = new(
        ModelSignature: "GRPOTEXT",
        Written: 0x00010001,
        Readable: 0x00010001,
        CanReadBack: 0x00010001,
        LoaderSignature,
        LoaderAssembly: typeof(GrpoTransformer).Assembly.GetName().Name!);

    /// <summary>Writes the policy and its columns; called by <c>mlContext.Model.Save</c>.</summary>
    /// <param name="ctx">Where to write.</param>
    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        using var turn = _turns.Take();
        ThrowIfDisposed();
        MLNetInternals.CheckAtModel(ctx);
        MLNetInternals.SetVersionInfo(ctx, Header);
        var entries = new ModelEntryWriter(ctx);
        _generator.Save(entries);
        var json = new SavedTransformer(Columns, _generator.Kind, _generator.SettingsJson, entries.Names).ToUtf8Json();
        var writer = MLNetInternals.WriterOf(ctx);
        writer.Write(FormatVersion);
        writer.Write(json.Length);
        writer.Write(json);
    }

    /// <summary>Reads a transformer back. ML.NET finds this method by its name and parameters.</summary>
    /// <param name="env">The environment that the model is loaded into.</param>
    /// <param name="ctx">ML.NET's <c>ModelLoadContext</c>, whose type is not ours to name.</param>
    internal static GrpoTransformer Create(IHostEnvironment env, object ctx)
    {
        ArgumentNullException.ThrowIfNull(env);
        ArgumentNullException.ThrowIfNull(ctx);
        try
        {
            MLNetInternals.CheckAtModel(ctx);
            MLNetInternals.CheckVersionInfo(ctx, Header);
            return Read(env, ctx);
        }
        catch (Exception e)
        {
            // Marked, so that ML.NET wraps it in an error of its own instead of two bare TargetInvocationExceptions.
            var processed = env.Process(e);
            if (ReferenceEquals(processed, e))
            {
                throw;
            }

            throw processed;
        }
    }

    private static GrpoTransformer Read(IHostEnvironment env, object ctx)
    {
        var reader = MLNetInternals.ReaderOf(ctx);
        var version = reader.ReadInt32();
        if (version != FormatVersion)
        {
            throw new InvalidDataException(version > FormatVersion
                ? $"The GRPO model was saved in format {version}; this version of {Header.LoaderAssembly} reads up to {FormatVersion}. Update the package."
                : $"The GRPO model is damaged: its format is given as {version}. Save or copy it again.");
        }

        var length = reader.ReadInt32();
        var json = length >= 0 && length <= reader.BaseStream.Length - reader.BaseStream.Position ? reader.ReadBytes(length) : [];
        var saved = SavedTransformer.FromUtf8Json(json);
        using var files = ExtractedEntries.Extract(env, ctx, saved.Entries);
        var generator = TextGeneratorLoaders.Get(saved.Kind)(env, files.Directory, saved.Settings);
        return new GrpoTransformer(env, generator, saved.Columns);
    }
}
