namespace Microsoft.ML.Grpo;

/// <summary>What a run is doing.</summary>
public enum GrpoPhase
{
    /// <summary>Sampling completions.</summary>
    Rollout,

    /// <summary>Scoring completions with the run's rewards.</summary>
    Rewards,

    /// <summary>Loss passes and the update of the weights.</summary>
    Update,

    /// <summary>Completing and scoring the held-out prompts.</summary>
    Evaluation,

    /// <summary>The step is finished; its metrics are new.</summary>
    StepDone,
}
