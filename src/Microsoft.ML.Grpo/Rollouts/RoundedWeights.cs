namespace Microsoft.ML.Grpo;

/// <summary>How <see cref="RoundedRolloutEngine"/> rounds weights.</summary>
public enum RoundedWeights
{
    /// <summary>
    /// Each row of a layer's matrix to 255 equally spaced values, from minus its largest weight to plus that, as int8
    /// inference does. Embedding and head (tied or not), norms and biases stay as they are.
    /// </summary>
    EightBit,

    /// <summary>All weights to bfloat16, as a model is served that is stored so; what is computed with them keeps the policy's dtype.</summary>
    BFloat16,
}
