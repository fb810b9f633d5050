namespace Microsoft.ML.Grpo.Parity;

/// <summary>Compares the tokens that a replay pushed through models with the reference's: ours may be fewer, never more.</summary>
internal static class WorkComparison
{
    private static readonly WorkPurpose[] NotScoring = [WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode, WorkPurpose.Generation, WorkPurpose.Loss];

    /// <summary>Writes the lines.</summary>
    /// <param name="name">What they begin with.</param>
    /// <param name="run">The recording.</param>
    /// <param name="replay">Ours.</param>
    /// <param name="variant">How it was replayed: one may ask for a scoring pass where none is needed, one finds a slice's quantile of entropies in a pass of its own.</param>
    /// <param name="report">Where to.</param>
    public static void Write(string name, RecordedRun run, Replay replay, ReplayVariant variant, Report report)
    {
        AtMost("loss tokens", replay.Work.Tokens(WorkPurpose.Loss), run.Tokens("loss"));
        var entropy = variant == ReplayVariant.SmallMicroBatches ? replay.Work.Tokens(WorkPurpose.Entropy) : 0;
        AtMost("no-grad tokens", Enum.GetValues<WorkPurpose>().Except(NotScoring).Sum(replay.Work.Tokens) - entropy, run.Tokens("score", "ref"));
        if (replay.Aligned && variant != ReplayVariant.Precompute)
        {
            AtMost("scoring tokens", replay.Work.Tokens(WorkPurpose.Score), 0);
        }

        void AtMost(string what, long ours, long most) => report.Check($"{name} {what}", ours <= most, $"{ours}, at most {most}");
    }
}
