namespace Microsoft.ML.Grpo;

/// <summary>How the machine is used. Sums are rounded otherwise with other threads or micro-batches; beside that, and <see cref="Precision"/> apart, none of these changes what is learned.</summary>
public sealed class ExecutionOptions
{
    private const int DefaultMicroBatchTokens = 4096;

    /// <summary>Tokens, padding included, that go through the model at once in a loss pass; a longer completion goes alone.</summary>
    /// <value>Default: <c>null</c> (4096). Range: 1 or more.</value>
    /// <remarks>
    /// More is faster until the memory is full.
    /// <para>Source: takes the place of TRL's <c>per_device_train_batch_size</c>.</para>
    /// </remarks>
    public int? MicroBatchTokens { get; set; }

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

    internal int ResolvedMicroBatchTokens => MicroBatchTokens ?? DefaultMicroBatchTokens;

    internal ExecutionOptions Snapshot() => (ExecutionOptions)MemberwiseClone();
}
