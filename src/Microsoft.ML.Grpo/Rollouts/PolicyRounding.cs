namespace Microsoft.ML.Grpo;

/// <summary>What a number type does to a policy that is saved in it.</summary>
internal static class PolicyRounding
{
    /// <summary>Of a whole model, an adapter merged.</summary>
    /// <exception cref="InvalidOperationException">A weight is beyond the type's range.</exception>
    public static SavedWeights OfModel(Policy policy, WeightType type)
    {
        var (changed, surviving) = WeightSurvival.Count(policy.Network, policy.Model.Origin, type) is { } count ? ((long?)count.Changed, (long?)count.Surviving) : (null, null);
        // An adapter that is merged moves log-probs even where nothing is rounded: what were two sums is one.
        var shift = type.Holds(policy.Network.Dtype) && policy.Network.Adapter is null ? (0, 0) : RoundingShift.OfModel(policy, type);
        return new(type, changed, changed > 0 ? (double)surviving! / changed : null, shift?.Mean, shift?.Max);
    }

    /// <summary>Of an adapter alone.</summary>
    /// <exception cref="InvalidOperationException">A number is beyond the type's range.</exception>
    public static SavedWeights OfAdapter(Policy policy, WeightType type)
    {
        var shift = type.Holds(policy.Network.Dtype) ? (0, 0) : RoundingShift.OfAdapter(policy, type);
        return new(type, null, null, shift?.Mean, shift?.Max);
    }
}
