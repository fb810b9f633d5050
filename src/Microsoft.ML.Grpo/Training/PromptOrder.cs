namespace Microsoft.ML.Grpo;

/// <summary>
/// Which prompts a rollout samples: each epoch is a permutation of all of them, cut into rollouts; what does not fill a
/// rollout is left out of that epoch (the reference's sampler).
/// </summary>
internal sealed class PromptOrder
{
    private readonly IReadOnlyList<PreparedPrompt> _prompts;
    private readonly RunRandom? _random;
    private long _epoch = -1;
    private int[] _order = [];

    /// <summary>Makes the order of a run.</summary>
    /// <param name="prompts">All prompts; at least <paramref name="perRollout"/>.</param>
    /// <param name="perRollout">Prompts of a rollout.</param>
    /// <param name="random">The run's randomness, or null: the data's own order.</param>
    public PromptOrder(IReadOnlyList<PreparedPrompt> prompts, int perRollout, RunRandom? random)
    {
        if (prompts.Count < perRollout)
        {
            throw new ArgumentException(
                $"There are {prompts.Count} usable prompts, but a rollout takes {perRollout} (PromptsPerRollout). Give more rows{(prompts.Count > 0 ? $", or set PromptsPerRollout to at most {prompts.Count}" : "")}.");
        }

        (_prompts, PerRollout, _random) = (prompts, perRollout, random);
    }

    /// <summary>Prompts of a rollout.</summary>
    public int PerRollout { get; }

    /// <summary>Rollouts of an epoch.</summary>
    public int RolloutsPerEpoch => _prompts.Count / PerRollout;

    /// <summary>Prompts left out of each epoch.</summary>
    public int LeftOut => _prompts.Count % PerRollout;

    /// <summary>The prompts of a rollout.</summary>
    /// <param name="rollout">Its number, from 0, counted over epochs.</param>
    public IReadOnlyList<PreparedPrompt> Of(long rollout)
    {
        var epoch = rollout / RolloutsPerEpoch;
        if (epoch != _epoch)
        {
            _epoch = epoch;
            _order = _random?.Permutation(DrawPurpose.DataOrder, epoch, _prompts.Count) ?? [.. Enumerable.Range(0, _prompts.Count)];
        }

        var first = (int)(rollout % RolloutsPerEpoch) * PerRollout;
        return [.. _order.Skip(first).Take(PerRollout).Select(i => _prompts[i])];
    }
}
