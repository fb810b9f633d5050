using System.Globalization;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>A loss from outside: its function of a token's terms, and one of the means that the built-in losses have.</summary>
internal sealed class CustomLoss(string name, Func<PolicyLossTerms, Tensor> perToken, LossMean mean, LossContract contract) : PolicyLoss
{
    /// <summary>Its name, for the log.</summary>
    internal string Name => name;

    /// <inheritdoc/>
    internal override LossContract Contract => contract;

    /// <inheritdoc/>
    internal override bool SharesRolloutTokens => mean == LossMean.RolloutTokens;

    /// <inheritdoc/>
    internal override Tensor PerToken(LossTerms terms)
    {
        long[] tokens = terms.Mask.shape; // [B, T]
        Tensor result = Call(terms);
        if (result is null || result.shape is not [var rows, var columns] || rows != tokens[0] || (columns != tokens[1] && columns != 1) || result.requires_grad != terms.Lp.requires_grad)
        {
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"The custom loss '{name}' returned {Describe(result)}. Return the terms of tokens, [{tokens[0]}, {tokens[1]}] or [{tokens[0]}, 1], computed from the log-probs so that they have a gradient."));
        }

        // What a function makes of the zeros at padding, or of a completion of nothing else, may not be finite, and then times a mask of 0 is NaN.
        return result.masked_fill(terms.Mask.eq(Scalars.Of(0)), Scalars.Of(0)); // [B, T]
    }

    /// <inheritdoc/>
    internal override Tensor Reduce(Tensor perToken, Tensor mask, LossScale scale) => mean switch
    {
        LossMean.RolloutTokens => Normalisers.MeanOverRolloutTokens(perToken, mask, scale),
        LossMean.Completions => Normalisers.MeanOverRows(perToken, mask, scale),
        LossMean.SliceTokens => Normalisers.MeanOverSliceTokens(perToken, mask, scale),
        _ => Normalisers.MeanOverAllowedTokens(perToken, mask, scale),
    };

    private Tensor Call(LossTerms terms)
    {
        try
        {
            return perToken(new PolicyLossTerms(terms.Lp, terms.Old, terms.Ratio.Log, terms.Advantages, terms.Mask));
        }
        catch (Exception cause) when (cause is not OperationCanceledException)
        {
            throw new InvalidOperationException(
                $"The custom loss '{name}' failed: {cause.Message.Split('\n')[0]} Its terms are [{string.Join(", ", terms.Mask.shape)}], the log-ratio [{string.Join(", ", terms.Ratio.Log.shape)}], advantages [{terms.Mask.shape[0]}, 1]; they must not be changed or disposed.", cause);
        }
    }

    private static string Describe(Tensor? result) =>
        result is null ? "null" : $"a tensor [{string.Join(", ", result.shape)}]{(result.requires_grad ? "" : " without a gradient")}";
}
