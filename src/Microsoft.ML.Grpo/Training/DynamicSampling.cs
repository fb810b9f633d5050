using Microsoft.Extensions.Logging;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Fills rollouts with groups that teach: while too few have rewards that differ, the next prompts are sampled too
/// (dynamic sampling, DAPO, arXiv 2503.14476, section 3.2; here with an end). A rollout that needs no further prompts is
/// what it would be without.
/// </summary>
/// <param name="least">Informative groups that a rollout should have; 1 to a rollout's prompts.</param>
/// <param name="mostRounds">How often further prompts are sampled at most; 1 or more.</param>
/// <param name="order">Where prompts come from.</param>
/// <param name="aggregation">How rewards are joined.</param>
/// <param name="logger">Hears once that a rollout has too few all the same.</param>
internal sealed class DynamicSampling(int least, int mostRounds, PromptOrder order, RewardAggregation aggregation, ILogger logger)
{
    private long _before;
    private bool _fewSaid;

    /// <summary>Prompts that have been sampled so far: where the next rollout goes on.</summary>
    public long Taken { get; private set; }

    /// <summary>The epochs gone through, by prompts and not by rollouts.</summary>
    /// <param name="shareDone">How much of the last rollout has been learned from: 0 to 1.</param>
    public double Epoch(double shareDone) => (_before + (shareDone * (Taken - _before))) / order.PerEpoch;

    /// <summary>Samples a rollout of <see cref="PromptOrder.PerRollout"/> groups.</summary>
    /// <param name="sample">
    /// Samples and scores prompts; the number is the place of the first. Places count on from round to round, so that a draw
    /// stays a function of its key and a prompt that is met twice gets other completions.
    /// </param>
    /// <param name="weigh">Takes the advantages of the rows that are kept, which may depend on all of them: <see cref="RolloutStage.Weigh"/>.</param>
    /// <returns>If further prompts were sampled, the informative groups first, in the order in which they were sampled, then others; else all groups in that order.</returns>
    public ScoredRollout Run(Func<IReadOnlyList<PreparedPrompt>, int, ScoredRollout> sample, Func<IReadOnlyList<RolloutRow>, int, RewardTable, ScoredRollout> weigh)
    {
        _before = Taken;
        var rounds = new List<ScoredRollout>();
        var informative = new List<bool>(); // by place
        do
        {
            var round = sample(order.From(Taken, order.PerRollout), informative.Count);
            Taken += order.PerRollout;
            rounds.Add(round);
            informative.AddRange(InformativeGroups.Of(round, aggregation));
        }
        while (informative.Count(i => i) < least && rounds.Count <= mostRounds);

        int[] kept = [.. Enumerable.Range(0, informative.Count).OrderByDescending(group => informative[group]).Take(order.PerRollout)]; // a stable sort
        var teaching = kept.Count(group => informative[group]);
        if (teaching < least && !_fewSaid)
        {
            _fewSaid = true;
            RunLog.FewInformative(logger, least, teaching, mostRounds);
        }

        return (rounds.Count == 1 ? rounds[0] : Select(rounds, kept, weigh)) with
        {
            SamplingMetrics = new Dictionary<string, double>
            {
                ["dynamic_sampling/rounds"] = rounds.Count - 1,
                ["dynamic_sampling/dropped"] = informative.Count - kept.Length,
                ["dynamic_sampling/informative"] = teaching,
            },
        };
    }

    private static ScoredRollout Select(List<ScoredRollout> rounds, int[] groups, Func<IReadOnlyList<RolloutRow>, int, RewardTable, ScoredRollout> weigh)
    {
        var (size, perRound) = (rounds[0].GroupSize, rounds[0].Rows.Count);
        var names = rounds[0].Rewards.Names;
        var places = groups.SelectMany(group => Enumerable.Range(group * size, size)).ToArray();
        var scores = new double?[places.Length, names.Count];
        for (var row = 0; row < places.Length; row++)
        {
            var (round, place) = Math.DivRem(places[row], perRound);
            for (var function = 0; function < names.Count; function++)
            {
                scores[row, function] = rounds[round].Rewards.Scores[place, function];
            }
        }

        return weigh([.. places.Select(p => rounds[p / perRound].Rows[p % perRound])], size, rounds[0].Rewards with { Scores = scores });
    }
}
