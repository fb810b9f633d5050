namespace Microsoft.ML.Grpo.Parity;

/// <summary>Compares the tokens that a replay pushed through models with the reference's: ours may be fewer, never more.</summary>
internal static class WorkComparison
{
    private static readonly WorkPurpose[] NotScoring = [WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode, WorkPurpose.Generation, WorkPurpose.Loss];

    /// <summary>Writes the lines.</summary>
    /// <param name="name">What they begin with.</param>
    /// <param name="run">The recording.</param>
    /// <param name="replay">Ours.</param>
    /// <param name="mayScore">Whether a scoring pass was asked for where none is needed.</param>
    /// <param name="report">Where to.</param>
    public static void Write(string name, RecordedRun run, Replay replay, bool mayScore, Report report)
    {
        AtMost("loss tokens", replay.Work.Tokens(WorkPurpose.Loss), run.Tokens("loss"));
        AtMost("no-grad tokens", Enum.GetValues<WorkPurpose>().Except(NotScoring).Sum(replay.Work.Tokens), run.Tokens("score", "ref"));
        if (replay.Aligned && !mayScore)
        {
            AtMost("scoring tokens", replay.Work.Tokens(WorkPurpose.Score), 0);
        }

        void AtMost(string what, long ours, long most) => report.Check($"{name} {what}", ours <= most, $"{ours}, at most {most}");
    }
}
