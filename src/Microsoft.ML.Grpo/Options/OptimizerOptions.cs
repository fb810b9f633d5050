namespace Microsoft.ML.Grpo;

/// <summary>How weights follow gradients: AdamW with a learning-rate schedule.</summary>
public sealed class OptimizerOptions
{
    private const double DefaultLearningRate = 5e-6;
    private const double DefaultLoraLearningRate = 2e-4;
    private const int DefaultWarmupPercent = 5;

    /// <summary>The largest learning rate of the run.</summary>
    /// <value>Default: <c>null</c> (5e-6; 2e-4 where an adapter is trained). Range: 0 or more; 0 trains nothing, and is warned of.</value>
    /// <remarks>
    /// About half of what taught a model of 135 million weights most (docs/real-model.md). Larger models want less, such as 1e-6 for all weights of one of billions; one of a few million wants about 1e-3.
    /// <para>Source: TRL <c>learning_rate</c>.</para>
    /// </remarks>
    public double? LearningRate { get; set; }

    /// <summary>How the learning rate moves after the warm-up.</summary>
    /// <value>Default: <c>Constant</c>. Range: a member of <see cref="LearningRateSchedule"/>.</value>
    /// <remarks>
    /// A rate that falls to 0 would make a step depend on the length of the run.
    /// <para>Source: Hugging Face <c>lr_scheduler_type</c>, whose own default is linear.</para>
    /// </remarks>
    public LearningRateSchedule Schedule { get; set; } = LearningRateSchedule.Constant;

    /// <summary>Steps over which the learning rate rises from 0, the first of them at 0: it measures and changes nothing.</summary>
    /// <value>Default: <c>null</c> (5 % of the steps, rounded up; none in a run of one step). Range: 0 to the number of steps.</value>
    /// <remarks>
    /// AdamW's first steps are as large as its later ones, on far less evidence.
    /// <para>Source: Hugging Face <c>warmup_steps</c>, whose own default is 0.</para>
    /// </remarks>
    public int? WarmupSteps { get; set; }

    /// <summary>Decay of AdamW's running mean of gradients.</summary>
    /// <value>Default: <c>0.9</c>. Range: 0 to below 1.</value>
    /// <remarks>
    /// The usual value.
    /// <para>Source: Hugging Face <c>adam_beta1</c>; AdamW, arXiv 1711.05101.</para>
    /// </remarks>
    public double Beta1 { get; set; } = 0.9;

    /// <summary>Decay of AdamW's running mean of squared gradients.</summary>
    /// <value>Default: <c>0.999</c>. Range: 0 to below 1.</value>
    /// <remarks>
    /// The usual value.
    /// <para>Source: Hugging Face <c>adam_beta2</c>; AdamW, arXiv 1711.05101.</para>
    /// </remarks>
    public double Beta2 { get; set; } = 0.999;

    /// <summary>Added to the root of the mean squared gradient before dividing by it.</summary>
    /// <value>Default: <c>1E-08</c>. Range: above 0.</value>
    /// <remarks>
    /// The usual value.
    /// <para>Source: Hugging Face <c>adam_epsilon</c>; AdamW, arXiv 1711.05101.</para>
    /// </remarks>
    public double Epsilon { get; set; } = 1e-8;

    /// <summary>The share of a matrix, times the learning rate, that each step takes off; norms and biases are exempt.</summary>
    /// <value>Default: <c>0</c>. Range: 0 or more.</value>
    /// <remarks>
    /// Decay would pull a pretrained model towards 0, away from what it knows.
    /// <para>Source: Hugging Face <c>weight_decay</c>.</para>
    /// </remarks>
    public double WeightDecay { get; set; }

    /// <summary>A gradient whose norm, over all weights together, is larger is scaled down to this norm.</summary>
    /// <value>Default: <c>1</c>. Range: 0 or more; 0 is off.</value>
    /// <remarks>
    /// One odd rollout then cannot undo many steps.
    /// <para>Source: Hugging Face <c>max_grad_norm</c>.</para>
    /// </remarks>
    public double MaxGradientNorm { get; set; } = 1;

    /// <summary>The largest learning rate; the default depends on whether an adapter is trained or all weights.</summary>
    internal double ResolveLearningRate(bool lora) => LearningRate ?? (lora ? DefaultLoraLearningRate : DefaultLearningRate);

    /// <summary>The warm-up of a run of <paramref name="steps"/> steps.</summary>
    internal int ResolveWarmupSteps(int steps) => WarmupSteps ?? (steps == 1 ? 0 : (int)(((long)steps * DefaultWarmupPercent + 99) / 100)); // the first step of a warm-up changes nothing

    internal OptimizerOptions Snapshot() => (OptimizerOptions)MemberwiseClone();
}
