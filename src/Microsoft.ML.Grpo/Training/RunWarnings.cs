using Microsoft.Extensions.Logging;

namespace Microsoft.ML.Grpo;

/// <summary>Watches rollouts for what usually means that a run will disappoint, and says each thing once.</summary>
internal sealed class RunWarnings(ILogger logger, ScaleRewards scale)
{
    private const int RolloutsBeforeEqualIsSaid = 10;
    private const double ManyTruncated = 0.25;
    private const double TinySpread = 0.01;
    private const double MuchMasked = 0.3;
    private const double HighRate = 1e-5;
    private const long LargeModel = 50_000_000;

    private int _rollouts;
    private bool _differed;
    private bool _equalSaid;
    private bool _unscorableSaid;
    private bool _truncatedSaid;
    private bool _spreadSaid;
    private bool _maskedSaid;

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
        var groups = rollout.Advantages.Rewards.Chunk(rollout.GroupSize).ToArray();
        var spreads = groups.Select(g => g.Where(r => !double.IsNaN(r)).ToArray()).Where(g => g.Length > 1).Select(g => g.Max() - g.Min()).ToArray();
        _differed |= spreads.Any(s => s > 0);
        if (_rollouts >= RolloutsBeforeEqualIsSaid)
        {
            SayIfAllEqual();
        }

        var truncated = rollout.Rows.Count(r => r.Completion.FinishReason == FinishReason.Length) / (double)rollout.Rows.Count;
        if (!_truncatedSaid && truncated > ManyTruncated)
        {
            _truncatedSaid = true;
            RunLog.ManyTruncated(logger, truncated);
        }

        if (!_spreadSaid && scale == ScaleRewards.Group && spreads.FirstOrDefault(s => s is > 0 and < TinySpread) is > 0 and var spread)
        {
            _spreadSaid = true;
            RunLog.TinySpread(logger, spread);
        }

        var unscorable = rollout.Rows.Where((_, i) => double.IsNaN(rollout.Advantages.Rewards[i])).ToArray();
        if (!_unscorableSaid && unscorable.Length > 0)
        {
            _unscorableSaid = true;
            RunLog.Unscorable(logger, unscorable.Length, rollout.Rows.Count, string.Join(", ", unscorable.Select(r => r.Sample.Row).Distinct().Order()));
        }
    }

    /// <summary>Looks at a step's metrics.</summary>
    public void Watch(IReadOnlyDictionary<string, double> metrics)
    {
        var masked = metrics.GetValueOrDefault("sampling/share_masked");
        if (!_maskedSaid && masked > MuchMasked)
        {
            _maskedSaid = true;
            RunLog.MuchMasked(logger, masked);
        }
    }

    /// <summary>The run is over: a short one may have seen too few rollouts for what is said after several.</summary>
    public void RunEnds() => SayIfAllEqual();

    private void SayIfAllEqual()
    {
        if (!_differed && !_equalSaid && _rollouts > 0)
        {
            _equalSaid = true;
            RunLog.RewardsAllEqual(logger, _rollouts);
        }
    }
}
