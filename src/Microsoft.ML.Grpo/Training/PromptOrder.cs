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

    /// <summary>Prompts that an epoch hands out.</summary>
    public int PerEpoch => RolloutsPerEpoch * PerRollout;

    /// <summary>The prompts of a rollout, where every rollout takes <see cref="PerRollout"/>.</summary>
    /// <param name="rollout">Its number, from 0, counted over epochs.</param>
    public IReadOnlyList<PreparedPrompt> Of(long rollout) => From(rollout * PerRollout, PerRollout);

    /// <summary>Prompts one after another, on from one epoch to the next: a function of their places, whatever was asked before.</summary>
    /// <param name="first">Prompts before them, counted over epochs.</param>
    /// <param name="count">How many.</param>
    public IReadOnlyList<PreparedPrompt> From(long first, int count)
    {
        var prompts = new PreparedPrompt[count];
        for (var i = 0; i < count; i++)
        {
            var (epoch, place) = Math.DivRem(first + i, PerEpoch);
            prompts[i] = _prompts[OrderOf(epoch)[place]];
        }

        return prompts;
    }

    private int[] OrderOf(long epoch)
    {
        if (epoch != _epoch)
        {
            _epoch = epoch;
            _order = _random?.Permutation(DrawPurpose.DataOrder, epoch, _prompts.Count) ?? [.. Enumerable.Range(0, _prompts.Count)];
        }

        return _order;
    }
}
