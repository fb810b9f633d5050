namespace Microsoft.ML.Grpo;

/// <summary>A reward that scores the completions of one prompt in one call.</summary>
internal sealed class GroupReward(
    string name,
    Func<IReadOnlyList<RewardSample>, CancellationToken, ValueTask<IReadOnlyList<double?>>> score,
    double weight,
    IReadOnlyList<string> columns) : Reward(name, weight, columns)
{
    public override async ValueTask<IReadOnlyList<double?>> ScoreAsync(IReadOnlyList<RewardSample> batch, CancellationToken cancellationToken)
    {
        var running = Groups(batch).Select(group => ScoreGroupAsync(group, cancellationToken)).ToArray();
        var scores = await Task.WhenAll(running).ConfigureAwait(false);
        return [.. scores.SelectMany(s => s)];
    }

    private async Task<IReadOnlyList<double?>> ScoreGroupAsync(IReadOnlyList<RewardSample> group, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        IReadOnlyList<double?> scores;
        try
        {
            scores = await score(group, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception cause) when (!(cause is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            throw RewardException.Threw(Name, group, cause);
        }

        if (scores is null)
        {
            throw RewardException.NoScores(Name, group);
        }

        // Checked here, a group at a time: too many in one group and too few in the next would cancel out in the batch's count.
        return scores.Count == group.Count ? scores : throw RewardException.WrongCount(Name, group, scores.Count);
    }

    /// <summary>Cuts a batch where the generation starts again: two groups of the same row may stand next to each other.</summary>
    private static IEnumerable<IReadOnlyList<RewardSample>> Groups(IReadOnlyList<RewardSample> batch)
    {
        var start = 0;
        for (var i = 1; i <= batch.Count; i++)
        {
            if (i == batch.Count || batch[i].Generation <= batch[i - 1].Generation || batch[i].Row != batch[i - 1].Row)
            {
                yield return [.. batch.Skip(start).Take(i - start)];
                start = i;
            }
        }
    }
}
