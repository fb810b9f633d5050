using Microsoft.ML.Grpo;

namespace RealModel;

/// <summary>
/// Keeps what was answered to each held-out problem. The library's evaluation tells means; a paired interval needs the problems one by one.
/// </summary>
/// <param name="judge">Judges answers.</param>
/// <param name="problems">How many there are.</param>
/// <param name="samples">Sampled completions a problem; one more is greedy.</param>
internal sealed class HeldOutRecord(Judge judge, int problems, int samples)
{
    public const string Correct = "correct";

    private readonly List<Answered> _answers = [];

    /// <summary>A reward that tells whether completions are correct, and keeps those of held-out problems.</summary>
    public Reward ToReward(double weight) => Reward.FromBatchFunction(Correct, Judged, weight, [.. Judge.Columns, nameof(Problem.HeldOut)]);

    /// <summary>The evaluations that were finished, in order.</summary>
    public IReadOnlyList<HeldOutFigures> Evaluations => [.. _answers.Chunk(Completions).Where(evaluation => evaluation.Length == Completions).Select(Figures)];

    private int Completions => problems * (samples + 1);

    private IReadOnlyList<double?> Judged(IReadOnlyList<RewardSample> batch)
    {
        if ((bool)batch[0].Columns[nameof(Problem.HeldOut)]!)
        {
            _answers.AddRange(batch.Select(Answer));
        }

        return [.. batch.Select(sample => (double?)(judge.IsCorrect(sample) ? 1 : 0))];
    }

    private Answered Answer(RewardSample sample) => new(
        judge.Score(sample), judge.IsFormatted(sample), sample.CompletionIds.Count, sample.FinishReason == FinishReason.Length, sample.Completion);

    // An evaluation asks for all samples of all problems, problem after problem, and then for one greedy completion of each.
    private HeldOutFigures Figures(Answered[] evaluation)
    {
        var (sampled, greedy) = (evaluation[..(problems * samples)], evaluation[(problems * samples)..]);
        return new()
        {
            Correct = sampled.Average(a => a.Correct),
            GreedyCorrect = greedy.Average(a => a.Correct),
            CorrectOnce = sampled.Chunk(samples).Average(group => group.Max(a => a.Correct)),
            Score = sampled.Average(a => a.Score),
            GreedyScore = greedy.Average(a => a.Score),
            Format = judge.HasForm ? sampled.Average(a => a.Formatted ? 1 : 0) : null,
            MeanLength = sampled.Average(a => a.Length),
            ShareCut = sampled.Average(a => a.Cut ? 1 : 0),
            Problems = [.. sampled.Chunk(samples).Zip(greedy, (group, likeliest) => new ProblemFigures([.. group.Select(a => a.Correct)], likeliest.Correct, likeliest.Completion))],
        };
    }

    private sealed record Answered(double Score, bool Formatted, int Length, bool Cut, string Completion)
    {
        public int Correct => Score == 1 ? 1 : 0;
    }
}
