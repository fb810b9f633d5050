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

    /// <summary>Completes each held-out prompt greedily too.</summary>
    /// <value>Default: <c>true</c>. Range: <c>true</c> or <c>false</c>.</value>
    /// <remarks>
    /// It is how the policy will mostly be used.
    /// <para>Refused: another than the default without <see cref="ValidationData"/>.</para>
    /// <para>Source: our own.</para>
    /// </remarks>
    public bool Greedy { get; set; } = true;

    /// <summary>Measures how far the policy has gone from what it was, on completions sampled before the first step.</summary>
    /// <value>Default: <c>true</c>. Range: <c>true</c> or <c>false</c>.</value>
    /// <remarks>
    /// One pass over at most 256 completions tells whether a run is going astray.
    /// <para>Refused: another than the default without <see cref="ValidationData"/>.</para>
    /// <para>Source: our own.</para>
    /// </remarks>
    public bool Drift { get; set; } = true;

    /// <summary>Computes the loss of the sampled completions too, with all that is measured beside it.</summary>
    /// <value>Default: <c>false</c>. Range: <c>true</c> or <c>false</c>.</value>
    /// <remarks>
    /// The loss of GRPO says little about the policy, and costs a pass over the completions (two where <see cref="LossOptions.Beta"/> is above 0).
    /// <para>Refused: another than the default without <see cref="ValidationData"/>.</para>
    /// <para>Source: Hugging Face <c>eval_loss</c>, which cannot be left out.</para>
    /// </remarks>
    public bool Loss { get; set; }

    internal EvaluationOptions Snapshot() => (EvaluationOptions)MemberwiseClone();
}
