using System.Globalization;

namespace Microsoft.ML.Grpo;

/// <summary>What saving weights in a number type did to what was learned.</summary>
/// <param name="Type">The type in the file.</param>
/// <param name="ChangedWeights">
/// Number of weights that training has changed since the model was loaded from its files; <see langword="null"/> where that is not known: the
/// files are gone or have been changed, the policy was loaded from a saved ML.NET model, or an adapter was saved alone.
/// </param>
/// <param name="SurvivingShare">
/// Share of the changed weights, 0 to 1, whose rounded value is another than that of the weight before training; <see langword="null"/> where the
/// changed weights are not known, or none has changed.
/// </param>
/// <param name="MeanLogProbShift">
/// Mean distance, in nats, of the log-probs of tokens by the saved weights from those by the weights in memory: over eight completions of
/// up to 32 tokens that the policy draws at temperature 1 for the prompt <c>Hello.</c> An adapter that is merged is part of it, rounded or
/// not. <see langword="null"/> if that prompt fills the model's context.
/// </param>
/// <param name="MaxLogProbShift">The largest of these distances.</param>
public sealed record SavedWeights(WeightType Type, long? ChangedWeights, double? SurvivingShare, double? MeanLogProbShift, double? MaxLogProbShift)
{
    /// <summary>The same in words.</summary>
    public override string ToString()
    {
        var changed = this switch
        {
            { ChangedWeights: null } => "Which weights training has changed is not known",
            { SurvivingShare: null } => "No weight has changed",
            _ => string.Create(CultureInfo.InvariantCulture, $"Of {ChangedWeights:N0} weights that training has changed, {SurvivingShare:P1} are still changed after rounding"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"Saved as {Type}. {changed}; ")
            + (MeanLogProbShift is null ? "how far log-probs move is not known." : string.Create(CultureInfo.InvariantCulture, $"log-probs move by {MeanLogProbShift:G2} nats on average, {MaxLogProbShift:G2} at most."));
    }
}
