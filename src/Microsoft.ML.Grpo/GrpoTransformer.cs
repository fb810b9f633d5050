using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// A trained policy as an ML.NET transformer: completes the text of a prompt column, lazily and in batches.
/// </summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Input and output columns
/// | Column | Type | |
/// | -- | -- | -- |
/// | prompt (`Prompt`) | text | read; the name is the one that training used |
/// | output (`Completion`) | text | added |
/// | log-probability | `Single` | added when the options name it: the sum over the completion's tokens, in nats |
/// | finish reason | text | added when the options name it: `Stop` or `Length` |
/// ]]></format>
/// <para>
/// Nothing is generated until a cursor asks for an added column; every pass over the result generates anew, so put
/// <c>AppendCacheCheckpoint</c> behind it when a later step makes several passes.
/// </para>
/// <para>
/// Rows are completed in batches by a cursor that reads ahead, so the data must give every cursor the same rows in the same order. Data that
/// does not (an enumerable over <c>File.ReadLines</c>, which shares one reader between its enumerators; rows of random order) is refused
/// with an <see cref="InvalidOperationException"/> while it is read: make a list of the rows, or cache the data.
/// </para>
/// <para>
/// It owns the policy's native memory: dispose it. Thread-safe; concurrent callers take turns. A
/// <see cref="PredictionEngine{TSrc, TDst}"/> disposes its transformer unless it was made with
/// <see cref="PredictionEngineOptions.OwnsTransformer"/> = <see langword="false"/>.
/// </para>
/// </remarks>
public sealed partial class GrpoTransformer : ITransformer, IDisposable
{
    internal const string UserName = "GRPO Text Generation Transform";
    internal const string LoaderSignature = "GrpoTransform";

    private readonly Turns _turns = new();
    private readonly IHost _host;
    private readonly TextGenerator _generator;
    private volatile bool _disposed;

    /// <param name="environment">The environment to report to.</param>
    /// <param name="generator">The policy; owned from now on.</param>
    /// <param name="columns">The columns to read and to add.</param>
    internal GrpoTransformer(IHostEnvironment environment, TextGenerator generator, GrpoColumns columns)
    {
        _host = environment.Register(nameof(GrpoTransformer));
        _generator = generator;
        (Columns, Adapter, Generation) = (columns, generator.Adapter, generator.Generation);
    }

    /// <summary>Always <see langword="true"/>: each row is completed by itself.</summary>
    public bool IsRowToRowMapper => true;

    /// <summary>What the run that made this policy did; <see langword="null"/> for a policy loaded from a file.</summary>
    public TrainingSummary? Training { get; internal init; }

    /// <summary>
    /// Whether the policy has an adapter beside its weights. One that has is saved by <see cref="SaveAdapter"/> too, and as
    /// <see cref="GrpoOptions.InitialPolicy"/> it is trained further with <see cref="GrpoOptions.Lora"/> = null.
    /// </summary>
    public bool HasAdapter => Adapter is not null;

    internal GrpoColumns Columns { get; }

    /// <summary>The adapter, as rules for options see it; null if there is none.</summary>
    internal AdapterFacts? Adapter { get; }

    /// <summary>How prompts become tokens and completions; null of what is no policy.</summary>
    internal GenerationSettings? Generation { get; }

    internal int BatchSize => _generator.BatchSize;

    /// <summary>The schema of <see cref="Transform"/>: the input's columns, then the added ones.</summary>
    /// <param name="inputSchema">The schema of the data.</param>
    /// <exception cref="ArgumentOutOfRangeException">The prompt column is missing, or is not text.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => new OutputBinding(inputSchema, Columns).OutputSchema;

    /// <summary>Completes prompts row by row, as a <see cref="PredictionEngine{TSrc, TDst}"/> asks for.</summary>
    /// <param name="inputSchema">The schema of the rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">The prompt column is missing, or is not text.</exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed.</exception>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema)
    {
        ThrowIfDisposed();
        return new GrpoRowMapper(this, new OutputBinding(inputSchema, Columns));
    }

    /// <summary>Adds the completions to data. Returns at once: see the remarks on the class.</summary>
    /// <param name="input">The data, with the prompt column.</param>
    /// <exception cref="ArgumentOutOfRangeException">The prompt column is missing, or is not text.</exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ThrowIfDisposed();
        return new GrpoDataView(this, input, new OutputBinding(input.Schema, Columns));
    }

    /// <summary>Frees the policy. Waits for a batch that is being generated.</summary>
    public void Dispose()
    {
        using var turn = _turns.Take();
        if (!_disposed)
        {
            _disposed = true;
            _generator.Dispose();
        }
    }

    /// <summary>Completes one batch, when it is this caller's turn.</summary>
    /// <param name="prompts">1 to <see cref="BatchSize"/> prompts.</param>
    /// <param name="firstRow">Position of the first in its data, for errors; null if it stands in no data.</param>
    internal IReadOnlyList<GeneratedText> Generate(IReadOnlyList<string> prompts, long? firstRow)
    {
        using var turn = _turns.Take();
        ThrowIfDisposed();
        ThrowIfCanceled();
        var texts = _generator.Generate(prompts, firstRow, CancellationToken.None);
        return texts.Count == prompts.Count
            ? texts
            : throw new InvalidOperationException($"The text generator '{_generator.Kind}' returned {texts.Count} completions for {prompts.Count} prompts.");
    }

    /// <summary>A policy with copies of this one's weights, adapter included, to train on from; this one stays as it is.</summary>
    internal Policy CopyPolicy(ScalarType dtype, Device device, PromptFormat format, string? systemPrompt, IReadOnlyCollection<int> stopTokenIds)
    {
        using var turn = _turns.Take();
        ThrowIfDisposed();
        return PolicyGenerator("go on from").CopyPolicy(dtype, device, format, systemPrompt, stopTokenIds);
    }

    private PolicyTextGenerator PolicyGenerator(string purpose) => _generator as PolicyTextGenerator
        ?? throw new InvalidOperationException($"A text generator of kind '{_generator.Kind}' has no weights to {purpose}. Give a transformer that TrainGrpo or LoadGrpoPolicy made.");

    private void ThrowIfCanceled()
    {
        if (MLNetInternals.IsCanceled(_host))
        {
            throw new OperationCanceledException("The MLContext's execution was cancelled.");
        }
    }

    private void ThrowIfDisposed()
    {
        if (_disposed)
        {
            throw new ObjectDisposedException(
                nameof(GrpoTransformer),
                $"The policy of this {nameof(GrpoTransformer)} was freed. A PredictionEngine disposes its transformer with itself, unless it is "
                + $"made with {nameof(PredictionEngineOptions)}.{nameof(PredictionEngineOptions.OwnsTransformer)} = false; or load the model again.");
        }
    }
}
