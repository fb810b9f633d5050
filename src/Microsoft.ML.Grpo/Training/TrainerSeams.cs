namespace Microsoft.ML.Grpo;

/// <summary>What a run can be given in place of its own: to replay one that another trainer has recorded, and to watch it closely. Empty: nothing.</summary>
internal sealed record TrainerSeams
{
    /// <summary>Whether the rules for options are passed by: they keep users from what does no good, but another trainer may have done it.</summary>
    public bool OptionsAsTheyAre { get; init; }

    /// <summary>What samples training rollouts, in place of the options' engine.</summary>
    public IRolloutEngine? Engine { get; init; }

    /// <summary>What samples for evaluation, in place of the policy in process.</summary>
    public IRolloutEngine? EvaluationEngine { get; init; }

    /// <summary>The prompts of a rollout, by its number, in place of the data's order.</summary>
    public Func<long, IReadOnlyList<PreparedPrompt>>? Prompts { get; init; }

    /// <summary>The permutation of a rollout's rows, by its number, in place of a draw; it is applied even to a rollout of one slice.</summary>
    public Func<long, IReadOnlyList<int>>? RowOrder { get; init; }

    /// <summary>Slices in the window of each update, in order, in place of what steps or epochs say; the last may be short.</summary>
    public IReadOnlyList<int>? WindowLengths { get; init; }

    /// <summary>The held-out prompts, evaluated batch by batch, in place of all of them at once.</summary>
    public IReadOnlyList<IReadOnlyList<PreparedPrompt>>? EvaluationBatches { get; init; }

    /// <summary>What each of these weighs in <c>eval_loss</c>; null: its prompts.</summary>
    public IReadOnlyList<double>? EvaluationWeights { get; init; }

    /// <summary>Whether to evaluate after a number of steps, in place of what the options say.</summary>
    public Func<int, bool>? EvaluateAt { get; init; }

    /// <summary>Called with the number of the step, from 1, when its gradients are clipped and no weight has changed.</summary>
    public Action<int>? GradientsReady { get; init; }

    /// <summary>Called with the number of the step, from 1, and the window's slice losses, when the weights have changed.</summary>
    public Action<int, IReadOnlyList<double>>? Updated { get; init; }
}
