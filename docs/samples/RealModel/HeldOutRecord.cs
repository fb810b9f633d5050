using Microsoft.ML.Grpo;

namespace RealModel;

/// <summary>
/// Keeps what was answered to each held-out problem. The library's evaluation tells means; a paired interval needs the problems one by one.
/// </summary>
/// <param name="judge">Judges answers.</param>
/// <param name="problems">How many there are.</param>
/// <param name="samples">Sampled completions a problem; one more is greedy.</param>
/// <param name="untrained">Hears of the first evaluation when it is complete.</param>
internal sealed class HeldOutRecord(Judge judge, int problems, int samples, Action<HeldOutFigures>? untrained = null)
{
    public const string Correct = "correct";

    private readonly List<HeldOutFigures> _evaluations = [];
    private readonly Dictionary<(long Row, int Generation, bool Greedy), Answered> _answers = [];

    /// <summary>A reward that tells whether completions are correct, and keeps those of held-out problems.</summary>
    public Reward ToReward(double weight) => Reward.FromBatchFunction(Correct, Judged, weight, [.. Judge.Columns, nameof(Problem.HeldOut)]);

    /// <summary>The evaluations that were finished, in order.</summary>
    public IReadOnlyList<HeldOutFigures> Evaluations => _evaluations;

    private IReadOnlyList<double?> Judged(IReadOnlyList<RewardSample> batch)
    {
        if ((bool)batch[0].Columns[nameof(Problem.HeldOut)]!)
        {
            foreach (var sample in batch)
            {
                Keep(sample);
            }

            CloseIfComplete();
        }

        return [.. batch.Select(sample => (double?)(judge.IsCorrect(sample) ? 1 : 0))];
    }

    private Answered Answer(RewardSample sample) => new(
        judge.Score(sample), judge.IsFormatted(sample), sample.CompletionIds.Count, sample.FinishReason == FinishReason.Length, sample.Completion);

    // An evaluation asks for the samples of a problem first, and then for its greedy completion, whose number is 0 again.
    private void Keep(RewardSample sample)
    {
        var (key, answer) = ((sample.Row, sample.Generation, Greedy: false), Answer(sample));
        if (!_answers.TryAdd(key, answer) && !(sample.Generation == 0 && _answers.TryAdd(key with { Greedy = true }, answer)))
        {
            throw new InvalidOperationException($"Held-out problem {sample.Row} has one completion more of the number {sample.Generation} than an evaluation asks for.");
        }
    }

    private void CloseIfComplete()
    {
        if (_answers.Count == problems * (samples + 1))
        {
            _evaluations.Add(Figures());
            _answers.Clear();
            if (_evaluations is [var first])
            {
                untrained?.Invoke(first);
            }
        }
    }

    private HeldOutFigures Figures()
    {
        Answered[] sampled = [.. from row in Enumerable.Range(0, problems) from generation in Enumerable.Range(0, samples) select Find(row, generation, greedy: false)];
        Answered[] greedy = [.. Enumerable.Range(0, problems).Select(row => Find(row, 0, greedy: true))];
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

    private Answered Find(int row, int generation, bool greedy) => _answers.TryGetValue((row, generation, greedy), out var answer)
        ? answer
        : throw new InvalidOperationException($"Held-out problem {row} has no {(greedy ? "greedy completion" : $"sampled completion {generation}")}.");

    private sealed record Answered(double Score, bool Formatted, int Length, bool Cut, string Completion)
    {
        public int Correct => Score == 1 ? 1 : 0;
    }
}
