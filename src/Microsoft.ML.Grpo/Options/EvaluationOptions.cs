namespace Microsoft.ML.Grpo;

/// <summary>Measures the policy on prompts that it does not train on, sampled and greedy.</summary>
public sealed class EvaluationOptions
{
    /// <summary>The held-out prompts, with the columns that the training data has.</summary>
    /// <value>Default: <c>null</c> (no evaluation). Range: any view of at least one row.</value>
    /// <remarks>
    /// The policy is evaluated before the first step and after the last.
    /// <para>Source: Hugging Face <c>eval_dataset</c>.</para>
    /// </remarks>
    public IDataView? ValidationData { get; set; }

    /// <summary>Steps from one evaluation to the next.</summary>
    /// <value>Default: <c>null</c> (only before the first step and after the last). Range: 1 to the number of steps.</value>
    /// <remarks>
    /// An evaluation samples the whole of the held-out prompts, which is often slower than a step.
    /// <para>Refused: without <see cref="ValidationData"/>.</para>
    /// <para>Source: Hugging Face <c>eval_steps</c>.</para>
    /// </remarks>
    public int? EvaluateEverySteps { get; set; }

    /// <summary>Sampled completions a held-out prompt; one more is decoded greedily.</summary>
    /// <value>Default: <c>null</c> (as <see cref="GrpoOptions.GroupSize"/>). Range: 1 or more.</value>
    /// <remarks>
    /// The mean over several samples moves less by chance than that of one.
    /// <para>Refused: without <see cref="ValidationData"/>.</para>
    /// <para>Source: TRL <c>num_generations_eval</c>.</para>
    /// </remarks>
    public int? Samples { get; set; }

    internal EvaluationOptions Snapshot() => (EvaluationOptions)MemberwiseClone();
}
