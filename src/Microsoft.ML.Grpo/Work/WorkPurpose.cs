namespace Microsoft.ML.Grpo;

/// <summary>What tokens are pushed through a model for.</summary>
public enum WorkPurpose
{
    /// <summary>Prompts of training rollouts; a group's prompt counts once for all completions that are sampled together.</summary>
    RolloutPrefill,

    /// <summary>Completion tokens of training rollouts, fed back to sample the next one.</summary>
    RolloutDecode,

    /// <summary>The extra no-grad pass of the policy for the old log-probs (a <em>scoring forward</em>). On-policy: none.</summary>
    Score,

    /// <summary>The no-grad pass of the reference policy; none where <c>Beta</c> is 0.</summary>
    Reference,

    /// <summary>The extra no-grad pass of a slice for the quantile of its entropies; only with <c>Loss.TopEntropyQuantile</c> below 1, where the slice does not fit one micro-batch.</summary>
    Entropy,

    /// <summary>Forward and backward of the loss.</summary>
    Loss,

    /// <summary>Blocks that the backward pass of the loss runs again (<c>Execution.ActivationCheckpointing</c>); tokens through all of them count once.</summary>
    Recompute,

    /// <summary>Everything that evaluation runs: sampling and scoring held-out prompts.</summary>
    Evaluation,

    /// <summary>Generation for users of a trained policy.</summary>
    Generation,
}
