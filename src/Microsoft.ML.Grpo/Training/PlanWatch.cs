using System.Globalization;

namespace Microsoft.ML.Grpo;

/// <summary>Holds the run to its forward plan: the tokens counted must be the tokens promised, at every rollout and slice.</summary>
/// <param name="plan">The plan.</param>
/// <param name="work">The run's counters.</param>
internal sealed class PlanWatch(ForwardPlan plan, WorkCounters work)
{
    private readonly Dictionary<WorkPurpose, long> _expected = new()
    {
        [WorkPurpose.Score] = work.Tokens(WorkPurpose.Score),
        [WorkPurpose.Reference] = work.Tokens(WorkPurpose.Reference),
        [WorkPurpose.Entropy] = work.Tokens(WorkPurpose.Entropy),
        [WorkPurpose.Loss] = work.Tokens(WorkPurpose.Loss),
    };

    /// <summary>A rollout has had the passes that come before its first visit.</summary>
    /// <param name="tokens">What a pass over it takes, in tokens.</param>
    /// <exception cref="InvalidOperationException">Other passes were run than promised.</exception>
    public void RolloutReady(Func<WorkPurpose, long> tokens)
    {
        _expected[WorkPurpose.Score] += plan.ScoringPass ? tokens(WorkPurpose.Score) : 0;
        _expected[WorkPurpose.Reference] += plan.ReferencePass ? tokens(WorkPurpose.Reference) : 0;
        Check();
    }

    /// <summary>A slice has had its loss pass.</summary>
    /// <param name="tokens">What one pass over it takes.</param>
    /// <param name="entropyPass">Whether it needed a pass for its entropies first.</param>
    /// <exception cref="InvalidOperationException">Other passes were run than promised.</exception>
    public void SliceDone(long tokens, bool entropyPass)
    {
        _expected[WorkPurpose.Loss] += tokens;
        _expected[WorkPurpose.Entropy] += entropyPass ? tokens : 0;
        Check();
    }

    /// <summary>The completions of an evaluation have had all their passes.</summary>
    /// <param name="before">Tokens counted for evaluation before.</param>
    /// <param name="tokens">What one pass over the completions takes.</param>
    /// <param name="entropyPass">Whether a pass for their entropies was needed.</param>
    /// <exception cref="InvalidOperationException">Other passes were run than promised.</exception>
    public void Evaluated(long before, long tokens, bool entropyPass)
    {
        var passes = 1 + (plan.ScoringPass ? 1 : 0) + (plan.ReferencePass ? 1 : 0) + (entropyPass ? 1 : 0);
        Check(WorkPurpose.Evaluation, before + (tokens * passes));
    }

    private void Check()
    {
        foreach (var (purpose, tokens) in _expected)
        {
            Check(purpose, tokens);
        }
    }

    private void Check(WorkPurpose purpose, long tokens)
    {
        if (work.Tokens(purpose) != tokens)
        {
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"The forward plan promised {tokens} tokens for {purpose} by now, but {work.Tokens(purpose)} were run. The plan: {plan.Description} This is a fault of the library: please report it with the run's options."));
        }
    }
}
