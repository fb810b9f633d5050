namespace Microsoft.ML.Grpo.Parity;

/// <summary>The bounds that the reference data's README states.</summary>
internal static class RunBounds
{
    private const double Float64 = 1e-8;
    private const double Float32 = 2e-4;

    /// <summary>The bound of a run's losses, norms and weights.</summary>
    public static double Of(RecordedRun run) => run.Dtype == "float64" ? Float64 : Float32;

    /// <summary>The bound of a kind of metrics.</summary>
    public static double Of(RecordedRun run, string kind) =>
        run.Dtype == "float64" && GoldenBounds.IsRounded(kind) ? GoldenBounds.OfFloat32.Either : Of(run);
}
