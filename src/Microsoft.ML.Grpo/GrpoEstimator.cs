using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Grpo;

/// <summary>Trains a language model by group relative policy optimisation (GRPO) on prompts and rewards.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// To create this estimator, use [TrainGrpo](xref:Microsoft.ML.GrpoCatalog.TrainGrpo*).
///
/// ### Input and output columns
/// | Column | Type | |
/// | -- | -- | -- |
/// | `PromptColumnName` (`Prompt`) | text | read by `Fit` and `Transform` |
/// | the columns that rewards name | text, number, or a vector of either | read by `Fit` only |
/// | `OutputColumnName` (`Completion`) | text | added by `Transform` |
/// | `LogProbColumnName` | `Single` | added if named |
/// | `FinishReasonColumnName` | text | added if named |
///
/// ### Estimator characteristics
/// | | |
/// | -- | -- |
/// | Machine learning task | post-training of a causal language model |
/// | Is normalization required? | no |
/// | Is caching required? | no: `Fit` reads its data once |
/// | Required NuGet in addition to Microsoft.ML | TorchSharp-cpu, TorchSharp-cuda-linux or TorchSharp-cuda-windows |
/// | Exportable to ONNX | no |
/// ]]></format>
/// For each of a batch of prompts the policy samples a group of completions; rewards score them; a completion's advantage
/// is its reward less the group's mean, over the group's standard deviation; the policy is moved to make completions with
/// a positive advantage more likely (Shao et al. 2024, arXiv 2402.03300; loss by default as in DAPO, arXiv 2503.14476).
/// </remarks>
public sealed class GrpoEstimator : IEstimator<GrpoTransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly GrpoOptions _options;
    private readonly GrpoColumns _columns;

    /// <param name="environment">The environment behind the <see cref="MLContext"/>.</param>
    /// <param name="options">The options; copied, so that later changes have no effect.</param>
    internal GrpoEstimator(IHostEnvironment environment, GrpoOptions options)
    {
        _environment = environment;
        _options = options.Snapshot();
        OptionRules.Check(_options);
        _columns = PolicyLoading.Columns(_options);
    }

    /// <summary>The shape of the transformed data.</summary>
    /// <param name="inputSchema">The shape of the data.</param>
    /// <returns>The input's columns and the added ones.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The prompt column, or a column that a reward reads, is missing or of the wrong type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        var output = PromptColumn.AddTo(inputSchema, _columns);
        RewardColumns.Check(inputSchema, _options.Rewards);
        return output;
    }

    /// <summary>Trains. The same seed, options and data with the same number of threads on the same machine give the same policy to the bit, on CPU.</summary>
    /// <param name="input">The training data; read once.</param>
    /// <returns>The trained policy; dispose it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The prompt column, or a column that a reward reads, is missing or of the wrong type.</exception>
    /// <exception cref="ArgumentException">There are no rows, a prompt is empty or too long, there are fewer rows than a rollout takes, or options do not fit the model.</exception>
    /// <exception cref="GrpoOptionsException">
    /// An option does not fit what is known only now: the length of a run by epochs, the linear layers of the model, the files of
    /// <see cref="LoraOptions.AdapterPath"/>. All else is told when the estimator is made.
    /// </exception>
    /// <exception cref="ObjectDisposedException"><see cref="GrpoOptions.InitialPolicy"/> was disposed.</exception>
    /// <exception cref="IOException">The directory of the model or of the adapter, or one of its files, is missing.</exception>
    /// <exception cref="ModelFormatException">A file of the model or of the adapter is damaged, asks for what is not supported, or does not fit the other.</exception>
    /// <exception cref="InvalidDataException">A file of the tokenizer is damaged.</exception>
    /// <exception cref="NotSupportedException">The tokenizer or the chat template needs what is not supported.</exception>
    /// <exception cref="InvalidOperationException"><c>MLContext.GpuDeviceId</c> names a GPU that is not there, and <c>FallbackToCpu</c> is false; or <see cref="GrpoOptions.InitialPolicy"/> has no weights to go on from.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled and <see cref="GrpoOptions.OnCancel"/> says to throw.</exception>
    /// <exception cref="TrainingException">A loss or gradient is not finite.</exception>
    /// <exception cref="RewardException">A reward failed.</exception>
    public GrpoTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var host = _environment.Register(nameof(GrpoEstimator));
        using var channel = host.Start("Fit");
        var logger = _options.Logger ?? new ChannelLogger(channel);
        var cancelled = _options.CancellationToken;

        var rows = PromptReader.Read(input, _columns.Prompt, _options.Rewards, "training data", cancelled);
        var validation = _options.Evaluation.ValidationData is { } data
            ? PromptReader.Read(data, _columns.Prompt, _options.Rewards, "validation data", cancelled)
            : null;
        // Never the host's own generator, which moves with every component made before this one.
        var seed = _options.Seed ?? MLNetInternals.SeedOf(host) ?? RandomNumberGenerator.GetInt32(int.MaxValue);
        var policy = PolicyLoading.ToTrain(host, _options, logger, seed);
        try
        {
            Warn(logger, _options.WithDropoutOf(AdapterFacts.Of(policy.Network)), seed);
            var work = new WorkCounters();
            using var trainer = new GrpoTrainer(policy, _options, seed, rows, validation, logger, work, () => ThrowIfCanceled(host));
            var summary = trainer.Run();
            return new(_environment, new PolicyTextGenerator(policy, PolicyLoading.Generation(_options, seed, policy.Network.ComputeType)), _columns) { Training = summary };
        }
        catch
        {
            policy.Dispose();
            throw;
        }
    }

    private static void Warn(ILogger logger, GrpoOptions options, long seed)
    {
        foreach (var warning in OptionWarnings.For(options))
        {
            RunLog.Option(logger, warning);
        }

        if (options.InitialPolicy?.Training?.Seed == seed)
        {
            RunLog.Option(logger, OptionRule.Text($"The seed is {seed}, as in the run that made InitialPolicy, so this run takes the prompts in the same order from the start, and draws by the same numbers: set another Seed to go on with other prompts."));
        }
    }

    private static void ThrowIfCanceled(IHost host)
    {
        if (MLNetInternals.IsCanceled(host))
        {
            throw new OperationCanceledException("The MLContext's execution was cancelled.");
        }
    }
}
