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

    /// <summary>
    /// Writes the policy as a Hugging Face model directory, which transformers loads as it is: config, weights,
    /// tokenizer and chat template. An adapter is merged into the weights. Files are written under a temporary name first: a new
    /// directory is complete or not there at all. In one that exists nothing changes until all is written; should a rename then
    /// fail, or the process end, some of its files are new and some old.
    /// </summary>
    /// <param name="directory">
    /// Where to; made if it is not there. Of a model that is in it, all files are replaced or removed, other forms of its weights
    /// included; files that no model has stay. One that holds an adapter is refused.
    /// </param>
    /// <param name="type">
    /// The number type of the weights in the file; <see langword="null"/> for that of the files that the model came from: what their
    /// <c>config.json</c> says, or float32 for a quantised GGUF file. In a narrower type than float32 a part of what was learned is rounded away.
    /// </param>
    /// <returns>What rounding did: the share of the changed weights that are still changed, and how far log-probs move. The log has it too.</returns>
    /// <exception cref="InvalidOperationException">A weight is beyond the range of <paramref name="type"/>; nothing was written.</exception>
    /// <exception cref="IOException">
    /// The disk is full, the place cannot be written to, or it holds an adapter, which loaders would put on top of the model. What was
    /// there before is untouched, unless the message says that some files are new and some old.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed.</exception>
    public SavedWeights SavePretrained(string directory, WeightType? type = null)
    {
        using var turn = _turns.Take();
        ThrowIfDisposed();
        return Told(_generator.SavePretrained(directory, type));
    }

    /// <summary>
    /// Writes the policy as a GGUF file, which llama.cpp and its server load as it is: shape, weights, tokenizer and chat template. An adapter
    /// is merged into the weights. The file is written under a temporary name and renamed when it is whole.
    /// </summary>
    /// <param name="path">The file; missing directories are made. By custom its name ends in <c>.gguf</c>; without that ending it is the model's name in llama.cpp's listings.</param>
    /// <param name="options">Number type and names of tokens; <see langword="null"/> for the defaults: float32, and the tokenizer's own names.</param>
    /// <exception cref="NotSupportedException">
    /// llama.cpp's architecture of the model's family has no place for something in the model, or GGUF has no words for what its tokenizer does; the message names it.
    /// </exception>
    /// <exception cref="IOException">The disk is full, or the place cannot be written to. What was there before is untouched.</exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed.</exception>
    public void SaveGguf(string path, GgufOptions? options = null)
    {
        using var turn = _turns.Take();
        ThrowIfDisposed();
        _generator.SaveGguf(path, options ?? new());
    }

    /// <summary>
    /// Writes the policy's adapter as a PEFT directory, which Python's <c>peft</c> loads onto the model that was adapted, and which
    /// <see cref="LoraOptions.AdapterPath"/> takes: <c>adapter_config.json</c>, and <c>adapter_model.safetensors</c>. A new
    /// directory is complete or not there at all. In one that exists nothing changes until all is written; should replacing then fail,
    /// <c>adapter_config.json</c> is missing, so that no half of an adapter loads. As the name of the model that was adapted it gives the one
    /// that the adapter's own directory gave, or <see cref="GrpoOptions.ModelPath"/>, or none if the model came from elsewhere.
    /// </summary>
    /// <param name="directory">
    /// Where to; made if it is not there. An adapter that is in it is replaced, and other forms of its weights
    /// (<c>adapter_model.bin</c>, shards) are removed. One that holds a model is refused.
    /// </param>
    /// <param name="type">The number type of the matrices in the file. In a narrower type than float32 they are rounded.</param>
    /// <returns>How far log-probs move by rounding. The log has it too.</returns>
    /// <exception cref="InvalidOperationException">The policy has no adapter, or a number of it is beyond the range of <paramref name="type"/>.</exception>
    /// <exception cref="IOException">
    /// The disk is full, the place cannot be written to, or it holds a model (<c>config.json</c>). What was there before is untouched,
    /// unless the message says that some files are new and some old.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed.</exception>
    public SavedWeights SaveAdapter(string directory, WeightType type = WeightType.Float32)
    {
        using var turn = _turns.Take();
        ThrowIfDisposed();
        return Told(_generator.SaveAdapter(directory, type));
    }

    /// <summary>
    /// Writes the policy's adapter as a GGUF file in float32, which llama.cpp's <c>--lora</c> puts beside the weights of the model that was
    /// adapted. The file is written under a temporary name and renamed when it is whole.
    /// </summary>
    /// <param name="path">The file; missing directories are made.</param>
    /// <exception cref="InvalidOperationException">The policy has no adapter.</exception>
    /// <exception cref="NotSupportedException">llama.cpp does not know the architecture, or the adapter is on a head that is the embedding.</exception>
    /// <exception cref="IOException">The disk is full, or the place cannot be written to. What was there before is untouched.</exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed.</exception>
    public void SaveAdapterGguf(string path)
    {
        using var turn = _turns.Take();
        ThrowIfDisposed();
        _generator.SaveAdapterGguf(path);
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

    private SavedWeights Told(SavedWeights saved)
    {
        using var channel = _host.Start("Save");
        var logger = new ChannelLogger(channel);
        if (saved.SurvivingShare < 0.5)
        {
            RunLog.MostRoundedAway(logger, saved.ToString());
        }
        else
        {
            RunLog.Saved(logger, saved.ToString());
        }

        return saved;
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
