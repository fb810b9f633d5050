namespace Microsoft.ML.Grpo;

/// <summary>How the learning rate moves after the warm-up.</summary>
public enum LearningRateSchedule
{
    /// <summary>It stays.</summary>
    Constant,

    /// <summary>It falls in a straight line to 0 at the end of the run.</summary>
    Linear,

    /// <summary>It falls along half a cosine wave to 0 at the end of the run.</summary>
    Cosine,
}
