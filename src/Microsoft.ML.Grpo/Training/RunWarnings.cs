using Microsoft.Extensions.Logging;

namespace Microsoft.ML.Grpo;

/// <summary>Watches rollouts for what usually means that a run will disappoint, and says each thing once.</summary>
internal sealed class RunWarnings(ILogger logger, ScaleRewards scale, int expectedRollouts)
{
    private const int RolloutsBeforeEqualIsSaid = 10;
    private const double ManyTruncated = 0.25;
    private const double TinySpread = 0.01;

    private int _rollouts;
    private bool _differed;
    private bool _truncatedSaid;
    private bool _spreadSaid;

    /// <summary>Looks at a rollout.</summary>
    public void Watch(ScoredRollout rollout)
    {
        _rollouts++;
        var groups = rollout.Advantages.Rewards.Chunk(rollout.GroupSize).ToArray();
        var spreads = groups.Select(g => g.Where(r => !double.IsNaN(r)).ToArray()).Where(g => g.Length > 1).Select(g => g.Max() - g.Min()).ToArray();
        _differed |= spreads.Any(s => s > 0);
        if (!_differed && _rollouts == Math.Min(RolloutsBeforeEqualIsSaid, expectedRollouts))
        {
            RunLog.RewardsAllEqual(logger, _rollouts);
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

        for (var i = 0; i < rollout.Rows.Count; i++)
        {
            if (double.IsNaN(rollout.Advantages.Rewards[i]))
            {
                RunLog.Unscorable(logger, rollout.Rows[i].Sample.Row);
            }
        }
    }
}
