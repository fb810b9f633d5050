namespace Microsoft.ML.Grpo;

/// <summary>What <c>Fit</c> does when <see cref="GrpoOptions.CancellationToken"/> is cancelled.</summary>
public enum CancellationBehavior
{
    /// <summary>It throws <see cref="OperationCanceledException"/>; what was trained is lost.</summary>
    Throw,

    /// <summary>It returns a transformer with the weights of the last finished step.</summary>
    ReturnLastStep,
}
