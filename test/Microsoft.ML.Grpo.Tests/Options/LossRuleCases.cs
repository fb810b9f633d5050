namespace Microsoft.ML.Grpo.Tests;

/// <summary>Options that each break one rule, and what the rule says: what the policy minimises.</summary>
internal static class LossRuleCases
{
    public static readonly (Action<GrpoOptions> Change, string Message)[] All =
    [
        (o => o.Loss.Type = (LossType)9, "Loss.Type is 9, which is no LossType: use Dapo or Grpo or Bnpo or DrGrpo or Cispo or Sapo or Luspo or Vespo."),
        (o => (o.Loss.Custom, o.Loss.Type) = (TestOptions.UnusedLoss(), LossType.Grpo), "Loss.Custom is set and Loss.Type is Grpo, but a run has one loss: leave Loss.Type at Dapo, or set Loss.Custom = null."),
        (o => o.Loss.RatioLevel = (RatioLevel)9, "Loss.RatioLevel is 9, which is no RatioLevel: use Token or Sequence."),

        (o => o.Loss.EpsilonLow = 1.01, "Loss.EpsilonLow is 1.01, but must be above 0 and at most 1: leave it at 0.2."),
        (o => o.Loss.EpsilonHigh = 0, "Loss.EpsilonHigh is 0, but must be above 0 and finite: leave it null for the value of EpsilonLow."),
        (o => o.Loss.Delta = 0, "Loss.Delta is 0, but must be above 0 and finite: leave it null for none."),
        (o => (o.Loss.Type, o.Loss.EpsilonHigh, o.Loss.EpsilonLow) = (LossType.Cispo, 5, 0.3), "Loss.EpsilonLow is 0.3, but has no effect while Loss.Type is Cispo: set Loss.Type to one that clips, such as Dapo, or Loss.EpsilonLow = 0.2."),
        (o => (o.Loss.Type, o.Loss.EpsilonLow) = (LossType.Sapo, 0.3), "Loss.EpsilonLow is 0.3, but has no effect while Loss.Type is Sapo: set Loss.Type to one that clips, such as Dapo, or Loss.EpsilonLow = 0.2."),
        (o => (o.Loss.Custom, o.Loss.EpsilonLow) = (TestOptions.UnusedLoss(), 0.3), "Loss.EpsilonLow is 0.3, but has no effect while Loss.Custom is set: set Loss.Custom = null and Loss.Type to one that clips, such as Dapo, or Loss.EpsilonLow = 0.2."),
        (o => (o.Loss.Type, o.Loss.EpsilonHigh) = (LossType.Sapo, 0.28), "Loss.EpsilonHigh is 0.28, but has no effect while Loss.Type is Sapo: set Loss.Type to one that reads it, such as Dapo or Cispo, or Loss.EpsilonHigh = null."),
        (o => (o.Loss.Type, o.Loss.EpsilonHigh) = (LossType.Vespo, 0.28), "Loss.EpsilonHigh is 0.28, but has no effect while Loss.Type is Vespo: set Loss.Type to one that reads it, such as Dapo or Cispo, or Loss.EpsilonHigh = null."),
        (o => (o.Loss.Custom, o.Loss.EpsilonHigh) = (TestOptions.UnusedLoss(), 0.28), "Loss.EpsilonHigh is 0.28, but has no effect while Loss.Custom is set: set Loss.Custom = null and Loss.Type to one that reads it, such as Dapo or Cispo, or Loss.EpsilonHigh = null."),
        (o => (o.Loss.Type, o.Loss.Delta) = (LossType.Cispo, 4), "Loss.Delta is 4, but has no effect while Loss.Type is Cispo: set Loss.Type to one that clips, such as Dapo, or Loss.Delta = null."),
        (o => (o.Loss.Type, o.Loss.Delta) = (LossType.Sapo, 4), "Loss.Delta is 4, but has no effect while Loss.Type is Sapo: set Loss.Type to one that clips, such as Dapo, or Loss.Delta = null."),
        (o => (o.Loss.Type, o.Loss.Delta) = (LossType.Vespo, 4), "Loss.Delta is 4, but has no effect while Loss.Type is Vespo: set Loss.Type to one that clips, such as Dapo, or Loss.Delta = null."),
        (o => (o.Loss.Custom, o.Loss.Delta) = (TestOptions.UnusedLoss(), 4), "Loss.Delta is 4, but has no effect while Loss.Custom is set: set Loss.Custom = null and Loss.Type to one that clips, such as Dapo, or Loss.Delta = null."),

        (o => (o.Loss.Type, o.Loss.Sapo.TemperaturePositive) = (LossType.Sapo, 0), "Loss.Sapo.TemperaturePositive is 0, but must be above 0 and finite: leave it null for 1."),
        (o => o.Loss.Sapo.TemperaturePositive = 1.5, "Loss.Sapo.TemperaturePositive is 1.5, but has no effect while Loss.Type is Dapo: set Loss.Type = Sapo, or Loss.Sapo.TemperaturePositive = null."),
        (o => (o.Loss.Type, o.Loss.Sapo.TemperatureNegative) = (LossType.Sapo, 0), "Loss.Sapo.TemperatureNegative is 0, but must be above 0 and finite: leave it null for 1.05."),
        (o => o.Loss.Sapo.TemperatureNegative = 1.5, "Loss.Sapo.TemperatureNegative is 1.5, but has no effect while Loss.Type is Dapo: set Loss.Type = Sapo, or Loss.Sapo.TemperatureNegative = null."),
        (o => (o.Loss.Type, o.Loss.Vespo.KPositive) = (LossType.Vespo, double.NaN), "Loss.Vespo.KPositive is NaN, but must be finite: leave it null for 2."),
        (o => o.Loss.Vespo.KPositive = 1.5, "Loss.Vespo.KPositive is 1.5, but has no effect while Loss.Type is Dapo: set Loss.Type = Vespo, or Loss.Vespo.KPositive = null."),
        (o => (o.Loss.Type, o.Loss.Vespo.LambdaPositive) = (LossType.Vespo, double.NaN), "Loss.Vespo.LambdaPositive is NaN, but must be finite: leave it null for 3."),
        (o => o.Loss.Vespo.LambdaPositive = 1.5, "Loss.Vespo.LambdaPositive is 1.5, but has no effect while Loss.Type is Dapo: set Loss.Type = Vespo, or Loss.Vespo.LambdaPositive = null."),
        (o => (o.Loss.Type, o.Loss.Vespo.KNegative) = (LossType.Vespo, double.NaN), "Loss.Vespo.KNegative is NaN, but must be finite: leave it null for 3."),
        (o => o.Loss.Vespo.KNegative = 1.5, "Loss.Vespo.KNegative is 1.5, but has no effect while Loss.Type is Dapo: set Loss.Type = Vespo, or Loss.Vespo.KNegative = null."),
        (o => (o.Loss.Type, o.Loss.Vespo.LambdaNegative) = (LossType.Vespo, double.NaN), "Loss.Vespo.LambdaNegative is NaN, but must be finite: leave it null for 2."),
        (o => o.Loss.Vespo.LambdaNegative = 1.5, "Loss.Vespo.LambdaNegative is 1.5, but has no effect while Loss.Type is Dapo: set Loss.Type = Vespo, or Loss.Vespo.LambdaNegative = null."),
        (o => (o.Loss.Custom, o.Loss.Sapo.TemperaturePositive) = (TestOptions.UnusedLoss(), 1.5), "Loss.Sapo.TemperaturePositive is 1.5, but has no effect while Loss.Custom is set: set Loss.Custom = null and Loss.Type = Sapo, or Loss.Sapo.TemperaturePositive = null."),

        (o => o.Loss.OffPolicyMaskThreshold = double.NaN, "Loss.OffPolicyMaskThreshold is NaN, but must be finite: leave it null for off."),
        (o => o.Loss.TopEntropyQuantile = 1.1, "Loss.TopEntropyQuantile is 1.1, but must be from 0 to 1: leave it at 1 for all tokens."),
        (o => o.Loss.TopEntropyQuantile = -0.1, "Loss.TopEntropyQuantile is -0.1, but must be from 0 to 1: leave it at 1 for all tokens."),

        (o => o.Loss.Entropy.Coefficient = -0.1, "Loss.Entropy.Coefficient is -0.1, but must be 0 or more and finite: leave it at 0 for no bonus."),
        (o => (o.Loss.Entropy.Adaptive, o.Loss.Entropy.Target) = (true, -1), "Loss.Entropy.Target is -1, but must be 0 or more and finite: leave it null for 0.2."),
        (o => o.Loss.Entropy.Target = 0.3, "Loss.Entropy.Target is 0.3, but has no effect while Loss.Entropy.Adaptive is false: set Loss.Entropy.Adaptive = true, or Loss.Entropy.Target = null."),
        (o => (o.Loss.Entropy.Adaptive, o.Loss.Entropy.Delta) = (true, 0), "Loss.Entropy.Delta is 0, but must be above 0 and finite: leave it null for 0.005."),
        (o => o.Loss.Entropy.Delta = 0.3, "Loss.Entropy.Delta is 0.3, but has no effect while Loss.Entropy.Adaptive is false: set Loss.Entropy.Adaptive = true, or Loss.Entropy.Delta = null."),
        (o => (o.Loss.Entropy.Adaptive, o.Loss.Entropy.Minimum) = (true, -1), "Loss.Entropy.Minimum is -1, but must be 0 or more and finite: leave it null for 0."),
        (o => o.Loss.Entropy.Minimum = 0.3, "Loss.Entropy.Minimum is 0.3, but has no effect while Loss.Entropy.Adaptive is false: set Loss.Entropy.Adaptive = true, or Loss.Entropy.Minimum = null."),
        (o => (o.Loss.Entropy.Adaptive, o.Loss.Entropy.Maximum) = (true, double.PositiveInfinity), "Loss.Entropy.Maximum is Infinity, but must be 0 or more and finite: leave it null for 1."),
        (o => o.Loss.Entropy.Maximum = 0.3, "Loss.Entropy.Maximum is 0.3, but has no effect while Loss.Entropy.Adaptive is false: set Loss.Entropy.Adaptive = true, or Loss.Entropy.Maximum = null."),
        (o => (o.Loss.Entropy.Adaptive, o.Loss.Entropy.Minimum, o.Loss.Entropy.Maximum) = (true, 0.5, 0.25), "Loss.Entropy.Maximum is 0.25, but must be Loss.Entropy.Minimum, which is 0.5, or more: raise it, or lower Loss.Entropy.Minimum."),
        (o => (o.Loss.Entropy.Adaptive, o.Loss.Entropy.Minimum) = (true, 1.5), "Loss.Entropy.Maximum is 1, but must be Loss.Entropy.Minimum, which is 1.5, or more: raise it, or lower Loss.Entropy.Minimum."),
        (o => (o.Loss.Entropy.Adaptive, o.Loss.Entropy.Coefficient) = (true, 1.5), "Loss.Entropy.Coefficient is 1.5, but must not start above Loss.Entropy.Maximum, which is 1: lower it, or raise Loss.Entropy.Maximum."),

        (o => o.Loss.Beta = double.PositiveInfinity, "Loss.Beta is Infinity, but must be 0 or more and finite: leave it at 0 for no reference policy."),
        (o => o.Loss.BiasCorrectedKl = false, "Loss.BiasCorrectedKl is false, but has no effect while Loss.Beta is 0: set Loss.Beta above 0, or Loss.BiasCorrectedKl = null."),
        (o => (o.Reference.SyncEverySteps, o.Loss.Beta) = (0, 0.04), "Reference.SyncEverySteps is 0, but must be 1 or more: leave it null for a reference that stays as it is."),
        (o => o.Reference.SyncEverySteps = 10, "Reference.SyncEverySteps is 10, but has no effect while Loss.Beta is 0: set Loss.Beta above 0, or Reference.SyncEverySteps = null."),
        (o => (o.Reference.SyncEverySteps, o.Loss.Beta, o.Steps) = (11, 0.04, 10), "Reference.SyncEverySteps is 11, but has no effect in a run of 10 steps: make it smaller, or Reference.SyncEverySteps = null."),
        (o => (o.Reference.SyncEverySteps, o.Loss.Beta, o.Lora) = (10, 0.04, new()), "Reference.SyncEverySteps is 10, but with Lora the reference is the model without its adapters, into which nothing can be mixed: set Reference.SyncEverySteps = null, or Lora = null."),
        (o => (o.Reference.SyncMix, o.Reference.SyncEverySteps, o.Loss.Beta) = (1.1, 10, 0.04), "Reference.SyncMix is 1.1, but must be above 0 and at most 1: leave it null for 0.6."),
        (o => (o.Reference.SyncMix, o.Loss.Beta) = (0.5, 0.04), "Reference.SyncMix is 0.5, but has no effect while Reference.SyncEverySteps is null: set Reference.SyncEverySteps, or Reference.SyncMix = null."),

        (o => o.Loss.ScaleRewards = (ScaleRewards)9, "Loss.ScaleRewards is 9, which is no ScaleRewards: use Group or Batch or None."),
        (o => o.Loss.RewardAggregation = (RewardAggregation)9, "Loss.RewardAggregation is 9, which is no RewardAggregation: use SumThenNormalize or NormalizeThenSum."),
        (o => (o.Loss.RewardAggregation, o.Loss.ScaleRewards) = (RewardAggregation.NormalizeThenSum, ScaleRewards.Batch), "Loss.ScaleRewards is Batch, but has no effect while Loss.RewardAggregation is NormalizeThenSum, which divides by deviations of its own: set Loss.RewardAggregation = SumThenNormalize, or Loss.ScaleRewards = Group."),
    ];
}
