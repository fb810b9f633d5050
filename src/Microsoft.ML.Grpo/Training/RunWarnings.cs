using Microsoft.Extensions.Logging;

namespace Microsoft.ML.Grpo;

/// <summary>Watches rollouts for what usually means that a run will disappoint, and says each thing once.</summary>
internal sealed class RunWarnings(ILogger logger, LossOptions loss, int microBatchTokens = int.MaxValue)
{
    private const int RolloutsBeforeEqualIsSaid = 10;
    private const double ManyTruncated = 0.25;
    private const double TinySpread = 0.01;
    private const double MuchMasked = 0.3;
    private const double HighRate = 1e-5;
    private const long LargeModel = 50_000_000;

    private int _rollouts;
    private bool _differed;
    private bool _scored;
    private bool _zeroSaid;
    private bool _equalSaid;
    private bool _unscorableSaid;
    private bool _truncatedSaid;
    private bool _spreadSaid;
    private bool _maskedSaid;
    private bool _longSaid;

    /// <summary>Looks at the learning rate; small models bear more.</summary>
    /// <param name="logger">The run's log.</param>
    /// <param name="peak">The rate after warm-up.</param>
    /// <param name="parameters">Weights that are trained.</param>
    public static void LearningRate(ILogger logger, double peak, long parameters)
    {
        if (peak > HighRate && parameters > LargeModel)
        {
            RunLog.HighLearningRate(logger, peak, parameters);
        }
    }

    /// <summary>Looks at a rollout.</summary>
    public void Watch(ScoredRollout rollout)
    {
        _rollouts++;
        (string? Reward, double Spread)[] spreads =
            [.. ComparedRewards.Of(rollout, loss.RewardAggregation).SelectMany(column => column.Values.Chunk(rollout.GroupSize).Select(group => (column.Reward, Spread(group))))];
        _differed |= spreads.Any(s => s.Spread > 0);
        _scored |= rollout.Advantages.Rewards.Any(r => !double.IsNaN(r));
        if (_rollouts >= RolloutsBeforeEqualIsSaid)
        {
            SayIfAllEqual();
        }

        var truncated = rollout.Rows.Count(r => r.Completion.FinishReason == FinishReason.Length) / (double)rollout.Rows.Count;
        if (!_truncatedSaid && truncated > ManyTruncated)
        {
            _truncatedSaid = true;
            if (loss.MaskTruncatedCompletions)
            {
                RunLog.ManyMasked(logger, truncated);
            }
            else
            {
                RunLog.ManyTruncated(logger, truncated);
            }
        }

        if (!_spreadSaid && spreads.FirstOrDefault(s => s.Spread is > 0 and < TinySpread) is { Spread: > 0 } tiny)
        {
            SayOfSpread(tiny.Reward, tiny.Spread);
        }

        var unscorable = rollout.Rows.Where((_, i) => double.IsNaN(rollout.Advantages.Rewards[i])).ToArray();
        if (!_unscorableSaid && unscorable.Length > 0)
        {
            _unscorableSaid = true;
            RunLog.Unscorable(logger, unscorable.Length, rollout.Rows.Count, string.Join(", ", unscorable.Select(r => r.Sample.Row).Distinct().Order()));
        }
    }

    /// <summary>Looks at a micro-batch that goes through the model: only a row alone can be beyond the budget.</summary>
    public void Watch(MicroBatch microBatch)
    {
        if (!_longSaid && microBatch.Tokens > microBatchTokens)
        {
            _longSaid = true;
            RunLog.BeyondBudget(logger, microBatch.Tokens, microBatchTokens);
        }
    }

    /// <summary>Looks at a step's gradient: 0 although some of its rows have an advantage means that the options keep every token out of the loss.</summary>
    public void Watch(int step, double gradientNorm, bool differs)
    {
        if (gradientNorm == 0 && differs && !_zeroSaid)
        {
            _zeroSaid = true;
            RunLog.NothingLearned(logger, step);
        }
    }

    /// <summary>Looks at what was measured of a rollout's sampler.</summary>
    public void Watch(IReadOnlyDictionary<string, double> mismatch)
    {
        var masked = mismatch.GetValueOrDefault("sampling/share_masked");
        if (!_maskedSaid && masked > MuchMasked)
        {
            _maskedSaid = true;
            RunLog.MuchMasked(logger, masked);
        }
    }

    /// <summary>The run is over: a short one may have seen too few rollouts for what is said after several.</summary>
    public void RunEnds() => SayIfAllEqual();

    // A group's deviation divides the distance of the sum, if the options say so, or that of each reward, where each is compared.
    private void SayOfSpread(string? reward, double spread)
    {
        if (reward is not null)
        {
            RunLog.TinySpreadOfReward(logger, reward, spread);
        }
        else if (loss.ScaleRewards == ScaleRewards.Group)
        {
            RunLog.TinySpread(logger, spread);
        }

        _spreadSaid = true;
    }

    private static double Spread(double[] group)
    {
        double[] known = [.. group.Where(r => !double.IsNaN(r))];
        return known.Length > 1 ? known.Max() - known.Min() : 0;
    }

    private void SayIfAllEqual()
    {
        if (!_differed && _scored && !_equalSaid && _rollouts > 0)
        {
            _equalSaid = true;
            RunLog.RewardsAllEqual(logger, _rollouts);
        }
    }
}
