namespace Microsoft.ML.Grpo;

/// <summary>How the machine is used. Sums are rounded otherwise with other threads, micro-batches, heads or sharing of prompts; beside that, and <see cref="Precision"/> and <see cref="ComputeType"/> apart, none of these changes what is learned.</summary>
public sealed class ExecutionOptions
{
    private const int DefaultMicroBatchTokens = 4096;

    /// <summary>Tokens that go through the model at once in a loss pass, and in the passes that score completions. Padding does not go through.</summary>
    /// <value>Default: <c>null</c> (4096). Range: 1 or more.</value>
    /// <remarks>
    /// More is faster until the memory is full. A single completion with its prompt that is longer goes alone, and the log says so.
    /// <para>Source: takes the place of TRL's <c>per_device_train_batch_size</c>.</para>
    /// </remarks>
    public int? MicroBatchTokens { get; set; }

    /// <summary>How log-probs and entropies are made from hidden states.</summary>
    /// <value>Default: <c>Tiled</c>. Range: a member of <see cref="Grpo.LogProbHead"/>.</value>
    /// <remarks>
    /// In tiles, memory does not grow with tokens times vocabulary; both give the same numbers, to rounding.
    /// <para>Source: TRL 1.16's chunked head.</para>
    /// </remarks>
    public LogProbHead LogProbHead { get; set; } = LogProbHead.Tiled;

    /// <summary>Whether a group's completions share one pass of their prompt where they are learned from and scored.</summary>
    /// <value>Default: <c>Auto</c>. Range: a member of <see cref="Grpo.PromptSharing"/>.</value>
    /// <remarks>
    /// The prompt goes through once instead of once a completion, and the numbers are the same, to rounding.
    /// <para>Ignored: in passes with dropout of the adapter, which drops other features of the prompt for each completion; under <c>Auto</c>, where whole rows would take less than 1.3 times the tokens.</para>
    /// <para>Source: PrefixGrouper (verl).</para>
    /// </remarks>
    public PromptSharing PromptSharing { get; set; } = PromptSharing.Auto;

    /// <summary>Leaves completions out of the loss pass whose advantage is 0 and that no other term of the loss needs.</summary>
    /// <value>Default: <c>true</c>. Range: <c>true</c> or <c>false</c>.</value>
    /// <remarks>
    /// The update is the same; they are missing in what the loss pass measures (entropy, clip and ratio metrics, and <c>sampling/*</c> where it finds them), and <c>rows/skipped</c> counts them.
    /// <para>Ignored: with <c>Beta</c>, an entropy bonus, <c>Loss.TopEntropyQuantile</c> below 1 or a custom loss. With a correction by the inline route, groups without an advantage go forward through the loss pass, for the statistics of the ratio, and not back. The log says which.</para>
    /// <para>Source: our own.</para>
    /// </remarks>
    public bool SkipZeroAdvantageRows { get; set; } = true;

    /// <summary>Keeps only the inputs of the model's blocks for the backward pass, which runs each block again.</summary>
    /// <value>Default: <c>false</c>. Range: <c>true</c> or <c>false</c>.</value>
    /// <remarks>
    /// Memory for about a third more work in the update; the gradients are the same.
    /// <para>Source: Hugging Face <c>gradient_checkpointing</c> (Chen et al. 2016).</para>
    /// </remarks>
    public bool ActivationCheckpointing { get; set; }

    /// <summary>Tokens whose keys and values a rollout may hold at once, prompts and completions together.</summary>
    /// <value>Default: <c>null</c> (what fits into half of the memory that is free when the run starts; on a GPU, of which TorchSharp does not tell that, into 4 GiB). Range: 1 or more.</value>
    /// <remarks>
    /// Completions beyond it wait; which tokens are drawn does not depend on it. A prompt is run once for each part that its group is cut into.
    /// <para>Refused, when the data is known: below what eight completions of the longest prompt take, lengths rounded up to 32.</para>
    /// <para>Source: vLLM <c>gpu_memory_utilization</c>, in tokens.</para>
    /// </remarks>
    public int? MaxCacheTokens { get; set; }

    /// <summary>Threads that one tensor operation may use.</summary>
    /// <value>Default: <c>null</c> (TorchSharp's own choice). Range: 1 or more.</value>
    /// <remarks>
    /// The number is the process's: other users of TorchSharp in it are affected.
    /// <para>Source: <c>torch.set_num_threads</c>.</para>
    /// </remarks>
    public int? Threads { get; set; }

    /// <summary>Sets the C allocator, before the first tensor, to keep freed blocks instead of handing them back to the system.</summary>
    /// <value>Default: <c>true</c>. Range: <c>true</c> or <c>false</c>.</value>
    /// <remarks>
    /// Large tensors come and go each step, and fresh pages are slow.
    /// <para>Ignored: where the C library is not glibc (Windows, macOS, Alpine), and where a run, a loaded model or <c>TorchRuntime.Initialize</c> chose before in the process.</para>
    /// <para>Source: glibc <c>mallopt</c>.</para>
    /// </remarks>
    public bool TuneAllocator { get; set; } = true;

    /// <summary>The number type of weights and of everything computed from them.</summary>
    /// <value>Default: <c>Float32</c>. Range: a member of <see cref="Grpo.Precision"/>.</value>
    /// <remarks>
    /// Half precision swallows an update of 1e-6.
    /// <para>Source: Hugging Face <c>torch_dtype</c>.</para>
    /// </remarks>
    public Precision Precision { get; set; } = Precision.Float32;

    /// <summary>The number type of the matrix products in the model's blocks.</summary>
    /// <value>Default: <c>Float32</c>. Range: a member of <see cref="Grpo.ComputeType"/>.</value>
    /// <remarks>
    /// With <c>BFloat16</c>, weights that are trained, gradients, the optimizer, embeddings, norms, attention, the residual stream, adapters, the head and the loss stay in float32; without instructions for it the processor takes many times as long, and the log warns. <c>Fastest</c> times a product of each when the run starts.
    /// <para>Refused: <c>BFloat16</c> and <c>Fastest</c> together with <c>Precision = Float64</c>. Ignored: where <c>Fastest</c> finds float32 to be faster, which the log says.</para>
    /// <para>Source: Hugging Face <c>TrainingArguments.bf16</c>.</para>
    /// </remarks>
    public ComputeType ComputeType { get; set; } = ComputeType.Float32;

    internal int ResolvedMicroBatchTokens => MicroBatchTokens ?? DefaultMicroBatchTokens;

    internal PassSettings ToPasses(double temperature) =>
        new(temperature, ResolvedMicroBatchTokens) { Head = LogProbHead, Sharing = PromptSharing, Checkpointing = ActivationCheckpointing };

    internal ExecutionOptions Snapshot() => (ExecutionOptions)MemberwiseClone();
}
