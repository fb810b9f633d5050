using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Every internal of ML.NET that this library uses, and nothing else uses any. Each has a canary test, so that a new
/// version of ML.NET which moves one fails there, by name, and not in somebody's program.
/// </summary>
internal static class MLNetInternals
{
    private const string LoadContext = "Microsoft.ML.ModelLoadContext, Microsoft.ML.Core";
    private const string EnvironmentInternal = "Microsoft.ML.Runtime.IHostEnvironmentInternal, Microsoft.ML.Core";
    private const string Cancelable = "Microsoft.ML.Runtime.ICancelable, Microsoft.ML.Core";

    private static readonly Assembly Core = typeof(ModelSaveContext).Assembly;

    // VersionInfo is an internal struct passed by value, which UnsafeAccessor cannot express.
    private static readonly Type VersionInfo = Core.GetType("Microsoft.ML.VersionInfo", throwOnError: true)!;

    private static readonly ConstructorInfo NewVersionInfo = VersionInfo.GetConstructors().Single();

    private static readonly MethodInfo SetVersionInfoMethod = Find(typeof(ModelSaveContext), "SetVersionInfo");

    private static readonly MethodInfo CheckVersionInfoMethod =
        Find(Core.GetType("Microsoft.ML.ModelLoadContext", throwOnError: true)!, "CheckVersionInfo");

    /// <summary>Makes a column of a <see cref="SchemaShape"/>.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    internal static extern SchemaShape.Column NewColumn(
        string name, SchemaShape.Column.VectorKind vectorKind, DataViewType itemType, bool isKey, SchemaShape? annotations);

    /// <summary>The shape of a schema.</summary>
    internal static SchemaShape ShapeOf(DataViewSchema schema) => CreateShape(null, schema);

    /// <summary>The environment behind <c>mlContext.Transforms</c>.</summary>
    internal static IHostEnvironment EnvironmentOf(TransformsCatalog catalog) => EnvironmentField(catalog);

    /// <summary>Begins a model: must be called before anything is written.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "CheckAtModel")]
    internal static extern void CheckAtModel(ModelSaveContext context);

    /// <summary>Writes a named entry beside the model's key; entries are compressed, and have no limit of size.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "SaveBinaryStream")]
    internal static extern void SaveBinaryStream(ModelSaveContext context, string name, Action<BinaryWriter> write);

    /// <summary>The writer of the model's key.</summary>
    internal static BinaryWriter WriterOf(ModelSaveContext context) => WriterField(context);

    /// <summary>Writes the header from which ML.NET knows how to load the model.</summary>
    internal static void SetVersionInfo(ModelSaveContext context, ModelVersion version) =>
        SetVersionInfoMethod.Invoke(context, BindingFlags.DoNotWrapExceptions, null, [version.ToVersionInfo(NewVersionInfo)], null);

    /// <summary>Begins to read a model.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "CheckAtModel")]
    internal static extern void CheckAtModel([UnsafeAccessorType(LoadContext)] object context);

    /// <summary>Reads a named entry; <see langword="false"/>: there is none of that name.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "TryLoadBinaryStream")]
    internal static extern bool TryLoadBinaryStream([UnsafeAccessorType(LoadContext)] object context, string name, Action<BinaryReader> read);

    /// <summary>The reader of the model's key.</summary>
    internal static BinaryReader ReaderOf(object loadContext) => ReaderField(loadContext);

    /// <summary>Checks that the header is one of ours, and not too new.</summary>
    internal static void CheckVersionInfo(object loadContext, ModelVersion version) =>
        CheckVersionInfoMethod.Invoke(loadContext, BindingFlags.DoNotWrapExceptions, null, [version.ToVersionInfo(NewVersionInfo)], null);

    /// <summary><c>MLContext.GpuDeviceId</c>.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_GpuDeviceId")]
    internal static extern int? GpuDeviceIdOf([UnsafeAccessorType(EnvironmentInternal)] object environment);

    /// <summary><c>MLContext.FallbackToCpu</c>.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_FallbackToCpu")]
    internal static extern bool FallbackToCpuOf([UnsafeAccessorType(EnvironmentInternal)] object environment);

    /// <summary>The seed that the <c>MLContext</c> was made with.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Seed")]
    internal static extern int? SeedOf([UnsafeAccessorType(EnvironmentInternal)] object environment);

    /// <summary><c>MLContext.TempFilePath</c>.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_TempFilePath")]
    internal static extern string TempFilePathOf([UnsafeAccessorType(EnvironmentInternal)] object environment);

    /// <summary>Whether <c>MLContext.CancelExecution</c> was called (AutoML calls it).</summary>
    /// <param name="environment">A host, or the environment behind a context; an <c>MLContext</c> itself is not cancelable.</param>
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_IsCanceled")]
    internal static extern bool IsCanceled([UnsafeAccessorType(Cancelable)] object environment);

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "Create")]
    private static extern SchemaShape CreateShape(SchemaShape? type, DataViewSchema schema);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_env")]
    private static extern ref IHostEnvironment EnvironmentField(TransformsCatalog catalog);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "Writer")]
    private static extern ref BinaryWriter WriterField(ModelSaveContext context);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "Reader")]
    private static extern ref BinaryReader ReaderField([UnsafeAccessorType(LoadContext)] object context);

    private static MethodInfo Find(Type type, string name) =>
        type.GetMethod(name, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, [VersionInfo])
        ?? throw new MissingMethodException(type.FullName, name);
}
