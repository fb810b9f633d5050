using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Rounds weights as engines that sample with fewer bits do. Eight bits: the matrices of the layers alone, since such engines
/// leave embedding and head (tied or not), norms and biases as they are, which are few and spoil most when they are coarse.
/// Bfloat16: everything, since there the whole model is stored so.
/// </summary>
internal static class WeightRounding
{
    /// <summary>Steps from 0 to a row's largest weight: int8 without −128, so that rounding treats both signs alike.</summary>
    private const int StepsPerSide = 127;

    /// <summary>Whether a parameter is rounded at all.</summary>
    /// <param name="name">Its Hugging Face name.</param>
    /// <param name="weights">The parameter.</param>
    /// <param name="how">How weights are rounded.</param>
    public static bool Concerns(string name, Tensor weights, RoundedWeights how) =>
        how == RoundedWeights.BFloat16 || (weights.dim() == 2 && name is not (ModelWeights.Embedding or ModelWeights.Head));

    /// <summary>The nearest values that can be stored; of two that are equally near, the even one.</summary>
    /// <param name="weights">[out, in]; bfloat16: any shape. Float32 or float64, the dtype that is computed in.</param>
    /// <param name="how">How.</param>
    /// <returns>A new tensor of the same shape and dtype. Rounding it again changes nothing.</returns>
    public static Tensor Round(Tensor weights, RoundedWeights how)
    {
        using var scope = NewDisposeScope();
        return (how == RoundedWeights.EightBit ? RoundRows(weights) : weights.to(ScalarType.BFloat16).to(weights.dtype)).MoveToOuterDisposeScope();
    }

    // Divided by the largest weight and multiplied by it again, not by a step: so the largest itself is kept to the bit.
    private static Tensor RoundRows(Tensor weights)
    {
        var largest = weights.abs().amax([1], keepdim: true);                                // [out, 1]
        var divisor = largest.masked_fill(largest.eq(Scalars.Of(0)), Scalars.Of(1));         // a row of zeros stays one
        var steps = (weights / divisor).mul_(Scalars.Of(StepsPerSide)).round_();             // [out, in] whole, -127 to 127
        return steps.div_(Scalars.Of(StepsPerSide)).mul_(largest);
    }
}
