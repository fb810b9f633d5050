using Microsoft.Extensions.Logging;
using TorchSharp;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Whether, on this machine and with this model, a completion is the same sampled alone and in company. Row counts are
/// padded so that it should be; kernels differ between machines, so a run looks before it relies on it.
/// </summary>
/// <param name="IdsEqual">Whether every token was the same.</param>
/// <param name="Difference">The greatest difference of a token's log-prob, in nats, up to the first token that differs.</param>
/// <param name="Bound">What the difference may be.</param>
internal sealed record RowIndependenceCheck(bool IdsEqual, double Difference, double Bound)
{
    private const int Tokens = 8;
    private const int Company = 3; // 12 rows together: more than the 8 that one alone is padded to

    // Differences of 1e-5 were seen in float32 and do no harm; a wrong cache or mask is off by far more.
    private const double SingleBound = 1e-4;
    private const double DoubleBound = 1e-10;

    private static readonly int[] PromptLengths = [2, 9, 17, 33];

    /// <summary>Whether ids are equal and log-probs within the bound.</summary>
    public bool Independent => IdsEqual && Difference <= Bound;

    /// <summary>Samples a few tokens after prompts of several lengths, together and one by one.</summary>
    /// <param name="engine">The engine; its work is counted where it counts.</param>
    /// <param name="model">The policy's shape.</param>
    /// <param name="dtype">The dtype of its weights.</param>
    /// <param name="sampling">How the run draws tokens.</param>
    /// <param name="random">The run's randomness.</param>
    /// <param name="cancellationToken">Stops between two tokens.</param>
    /// <param name="own">
    /// Prompts of the run with further inputs, from which the check takes its own: such an input fits its prompt alone. Null or empty: random ids.
    /// </param>
    public static async ValueTask<RowIndependenceCheck> RunAsync(
        IRolloutEngine engine, ModelConfig model, torch.ScalarType dtype, SamplingParameters sampling, RunRandom random, CancellationToken cancellationToken,
        IReadOnlyList<RolloutPrompt>? own = null)
    {
        var tokens = Math.Min(Tokens, model.MaxPositions - 1);
        sampling = sampling with { MaxTokens = tokens, StopIds = new HashSet<int>() };
        var prompts = own is { Count: > 0 } ? Spread(own) : Random(model, tokens, random);
        RolloutRequest Request(IReadOnlyList<RolloutPrompt> of, int groupSize) => new(of, groupSize, sampling, random, DrawPurpose.Check, 0);

        var together = await engine.SampleAsync(Request(prompts, Company), cancellationToken).ConfigureAwait(false);
        var (equal, difference) = (true, 0.0);
        for (var i = 0; i < prompts.Length; i++)
        {
            var alone = await engine.SampleAsync(Request([prompts[i]], 1), cancellationToken).ConfigureAwait(false);
            var (a, b) = (alone[0].Completions[0], together[i].Completions[0]);
            var common = a.Ids.Zip(b.Ids).TakeWhile(ids => ids.First == ids.Second).Count();
            equal &= common == a.Ids.Count && common == b.Ids.Count;
            difference = Math.Max(difference, a.LogProbs!.Zip(b.LogProbs!, (x, y) => Math.Abs(x - y)).Take(common).DefaultIfEmpty(0).Max());
        }

        return new(equal, difference, dtype == torch.ScalarType.Float64 ? DoubleBound : SingleBound);
    }

    /// <summary>As many as the random ones, from the shortest to the longest.</summary>
    private static RolloutPrompt[] Spread(IReadOnlyList<RolloutPrompt> prompts)
    {
        RolloutPrompt[] sorted = [.. prompts.OrderBy(p => p.Ids.Count)];
        return [.. PromptLengths.Select((_, place) => sorted[place * (sorted.Length - 1) / (PromptLengths.Length - 1)] with { Place = place })];
    }

    private static RolloutPrompt[] Random(ModelConfig model, int tokens, RunRandom random) => [.. PromptLengths.Select((length, place) => new RolloutPrompt(
        place, [.. Enumerable.Range(0, Math.Min(length, model.MaxPositions - tokens)).Select(t => (int)(random.Uniform(DrawPurpose.Check, 1, place, 0, t) * model.VocabularySize))]))];

    /// <summary>Tells the run's log.</summary>
    public void Log(ILogger logger)
    {
        if (Independent)
        {
            RunLog.RowsIndependent(logger, Difference);
        }
        else
        {
            RunLog.RowsDependent(logger, IdsEqual ? "equal" : "differ", Difference);
        }
    }
}
