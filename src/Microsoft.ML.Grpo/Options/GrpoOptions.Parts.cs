using Microsoft.Extensions.Logging;

namespace Microsoft.ML.Grpo;

/// <content>Groups of options, what a run starts from and samples with, and its host.</content>
public sealed partial class GrpoOptions
{
    /// <summary>How completions are sampled while training and evaluating.</summary>
    public SamplingOptions Sampling { get; private set; } = new();

    /// <summary>What the policy minimises.</summary>
    public LossOptions Loss { get; private set; } = new();

    /// <summary>Corrects for a sampler whose probabilities differ from the trainer's at the same weights.</summary>
    public ImportanceSamplingOptions ImportanceSampling { get; private set; } = new();

    /// <summary>The policy that <see cref="LossOptions.Beta"/> holds the trained one to.</summary>
    public ReferenceOptions Reference { get; private set; } = new();

    /// <summary>How weights follow gradients.</summary>
    public OptimizerOptions Optimizer { get; private set; } = new();

    /// <summary>Measures the policy on held-out prompts.</summary>
    public EvaluationOptions Evaluation { get; private set; } = new();

    /// <summary>How the machine is used.</summary>
    public ExecutionOptions Execution { get; private set; } = new();

    /// <summary>How <c>Transform</c> completes prompts.</summary>
    public GenerationOptions Generation { get; private set; } = new();

    /// <summary>Trains low-rank adapters beside frozen weights, as its own options say, instead of the weights.</summary>
    /// <value>Default: <c>null</c> (all weights are trained). Range: <c>new()</c>, with its own options.</value>
    /// <remarks>
    /// Gradients and optimizer state are then a fraction of the model's size, and the default learning rate is larger. Unlike the other groups it is null until it is set: write <c>Lora = new() { Rank = 8 }</c>, with <c>new()</c>.
    /// <para>Refused: together with an <see cref="InitialPolicy"/> that has an adapter.</para>
    /// <para>Source: PEFT <c>LoraConfig</c>; LoRA, arXiv 2106.09685.</para>
    /// </remarks>
    public LoraOptions? Lora { get; set; }

    /// <summary>The policy of an earlier run, to go on from.</summary>
    /// <value>Default: <c>null</c> (the model of <see cref="ModelPath"/>). Range: a transformer that is not disposed when <c>Fit</c> starts; it is not changed.</value>
    /// <remarks>
    /// Optimizer, schedule, order of the prompts and draws start afresh, so give each run another <see cref="Seed"/>. An adapter that it has is what is trained, and the reference is then the model without it; else the reference is this policy. Its <see cref="SystemPrompt"/>, <see cref="PromptFormat"/>, <see cref="SamplingOptions.StopTokenIds"/> and <see cref="ExecutionOptions.Precision"/> are not taken over: where they are left at their defaults and it has others, that is warned of.
    /// <para>Refused: together with <see cref="ModelPath"/>; one that has an adapter together with <see cref="Lora"/>.</para>
    /// <para>Source: ML.NET's estimators that take an earlier model.</para>
    /// </remarks>
    public GrpoTransformer? InitialPolicy { get; set; }

    /// <summary>What samples training rollouts.</summary>
    /// <value>Default: <c>null</c> (the policy itself, in process). Range: an engine of this library.</value>
    /// <remarks>
    /// In process nothing is copied, and sampler and trainer are the same weights.
    /// <para>Source: TRL <c>use_vllm</c>.</para>
    /// </remarks>
    public RolloutEngine? RolloutEngine { get; set; }

    /// <summary>Where the run's log goes.</summary>
    /// <value>Default: <c>null</c> (the log of the <c>MLContext</c>). Range: any logger.</value>
    /// <remarks>
    /// No line goes to both.
    /// <para>Source: Microsoft.Extensions.Logging.</para>
    /// </remarks>
    public ILogger? Logger { get; set; }

    /// <summary>Gets a report at the start of each phase and at the end of each step.</summary>
    /// <value>Default: <c>null</c> (no reports). Range: any sink; it is called on the training thread.</value>
    /// <remarks>
    /// A slow sink slows the run.
    /// <para>Source: <see cref="IProgress{T}"/>.</para>
    /// </remarks>
    public IProgress<GrpoProgress>? Progress { get; set; }

    /// <summary>Stops <c>Fit</c> within one micro-batch.</summary>
    /// <value>Default: <c>None</c>. Range: any token.</value>
    /// <remarks>
    /// <c>Fit</c> has no place for a token of its own.
    /// <para>Source: ML.NET's <c>IEstimator</c>.</para>
    /// </remarks>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>What <c>Fit</c> does when it is stopped so.</summary>
    /// <value>Default: <c>Throw</c>. Range: a member of <see cref="CancellationBehavior"/>.</value>
    /// <remarks>
    /// A run that was cut short should not look like one that was not.
    /// <para>Refused: <see cref="CancellationBehavior.ReturnLastStep"/> with a <see cref="CancellationToken"/> that cannot be cancelled.</para>
    /// <para>Source: .NET's cancellation.</para>
    /// </remarks>
    public CancellationBehavior OnCancel { get; set; } = CancellationBehavior.Throw;
}
