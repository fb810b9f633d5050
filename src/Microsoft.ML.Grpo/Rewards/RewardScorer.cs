namespace Microsoft.ML.Grpo;

/// <summary>Asks all rewards about a batch, at once where they wait, and checks what they say.</summary>
internal sealed class RewardScorer
{
    private readonly IReadOnlyList<Reward> _rewards;
    private readonly string[] _names;
    private readonly double[] _weights;

    public RewardScorer(IReadOnlyList<Reward> rewards)
    {
        if (rewards.Count == 0)
        {
            throw new ArgumentException("There is no reward: add at least one, for instance Reward.ExactMatch(\"Answer\").");
        }

        var twice = rewards.GroupBy(r => r.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
        {
            throw new ArgumentException($"{twice.Count()} rewards are named '{twice.Key}': give each its own name.");
        }

        _rewards = [.. rewards];
        _names = [.. rewards.Select(r => r.Name)];
        _weights = [.. rewards.Select(r => r.Weight)];
        Columns = [.. rewards.SelectMany(r => r.Columns).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The columns that any of the rewards reads, each once.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Scores whole groups of <paramref name="groupSize"/> completions.</summary>
    /// <exception cref="RewardException">A reward threw, or returned NaN, an infinity or the wrong number of scores.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<RewardTable> ScoreAsync(IReadOnlyList<RewardSample> batch, int groupSize, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(groupSize, 1);
        if (batch.Count % groupSize != 0)
        {
            throw new ArgumentException($"{batch.Count} completions are not whole groups of {groupSize}.", nameof(batch));
        }

        cancellationToken.ThrowIfCancellationRequested();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = _rewards.Select(reward => ScoreOneAsync(reward, batch, stop)).ToArray();

        // Nobody may still be at work on the batch when the caller hears of a failure.
        await ((Task)Task.WhenAll(running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (Array.Find(running, task => task.IsFaulted) is { } failed)
        {
            await failed.ConfigureAwait(false);
        }

        var scores = new double?[batch.Count, _rewards.Count]; // [rows, F]
        for (var f = 0; f < running.Length; f++)
        {
            var column = await running[f].ConfigureAwait(false);
            for (var row = 0; row < batch.Count; row++)
            {
                scores[row, f] = column[row];
            }
        }

        return new RewardTable(scores, _names, _weights);
    }

    private static async Task<IReadOnlyList<double?>> ScoreOneAsync(Reward reward, IReadOnlyList<RewardSample> batch, CancellationTokenSource stop)
    {
        try
        {
            var scores = await reward.ScoreAsync(batch, stop.Token).ConfigureAwait(false);
            Check(reward.Name, batch, scores);
            return scores;
        }
        catch (Exception cause) when (!(cause is OperationCanceledException && stop.IsCancellationRequested))
        {
            await stop.CancelAsync().ConfigureAwait(false);
            if (cause is RewardException)
            {
                throw;
            }

            throw RewardException.Threw(reward.Name, batch, cause);
        }
    }

    private static void Check(string reward, IReadOnlyList<RewardSample> batch, IReadOnlyList<double?>? scores)
    {
        if (scores is null)
        {
            throw RewardException.NoScores(reward, batch);
        }

        if (scores.Count != batch.Count)
        {
            throw RewardException.WrongCount(reward, batch, scores.Count);
        }

        for (var i = 0; i < scores.Count; i++)
        {
            if (scores[i] is { } score && !double.IsFinite(score))
            {
                throw RewardException.NotFinite(reward, batch[i], score);
            }
        }
    }
}
