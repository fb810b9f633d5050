namespace Microsoft.ML.Grpo.Parity;

/// <summary>How far from the reference's numbers ours may be, where these were computed in float64 but for what the reference itself rounds.</summary>
internal static class GoldenBounds
{
    /// <summary>What is computed in float64 all through.</summary>
    public static Bound Exact { get; } = new(Either: 1e-9);

    /// <summary>What the reference computes in float32 whatever the rest is in: means of yes and no, and of lengths.</summary>
    public static Bound OfFloat32 { get; } = new(Either: 2e-7);

    public static Bound Of(string metric) => IsRounded(metric.Split('/')[0]) ? OfFloat32 : Exact;

    /// <summary>Whether the reference computes metrics of a kind, what stands before the first slash, in float32 even in a float64 run.</summary>
    public static bool IsRounded(string kind) => kind is "clip_ratio" or "cispo_clip_ratio" or "completions" or "frac_reward_zero_std";
}
