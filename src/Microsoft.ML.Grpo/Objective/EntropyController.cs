namespace Microsoft.ML.Grpo;

/// <summary>What an <see cref="EntropyController"/> aims at.</summary>
/// <param name="Entropy">The entropy below which the bonus acts, in nats a token.</param>
/// <param name="Step">How far the coefficient moves at an update.</param>
/// <param name="Minimum">The least coefficient.</param>
/// <param name="Maximum">The greatest.</param>
internal readonly record struct EntropyTarget(double Entropy, double Step, double Minimum, double Maximum);

/// <summary>What an <see cref="EntropyController"/> carries from update to update, and into a checkpoint.</summary>
/// <param name="Coefficient">The coefficient, applied or not.</param>
/// <param name="LastEntropy">Mean token entropy of the last update, in nats; +infinity before the first.</param>
internal readonly record struct EntropyState(double Coefficient, double LastEntropy);

/// <summary>
/// What the entropy bonus weighs from one update to the next: always the same; or, with a target, more while the entropy is at or below it
/// and less while it is above, applied only while it is at or below. Source: Skywork-OR1, arXiv 2505.22312.
/// </summary>
/// <param name="coefficient">What it weighs, or weighs at first. No bonus is paid at the first update of an adaptive one, whose entropy is not known yet.</param>
/// <param name="target">What it aims at; null: the coefficient does not move.</param>
internal sealed class EntropyController(double coefficient, EntropyTarget? target)
{
    /// <summary>Where it stands.</summary>
    internal EntropyState State { get; set; } = new(coefficient, double.PositiveInfinity);

    /// <summary>What the next update's bonus is multiplied by.</summary>
    internal double Applied => target is not { } aim || State.LastEntropy <= aim.Entropy ? State.Coefficient : 0;

    /// <summary>Moves the coefficient, once an update.</summary>
    /// <param name="entropySum">Sum of the entropies that the bonus was paid for, over all slices of the update, in nats.</param>
    /// <param name="tokenCount">The tokens that it is over; 0 counts as 1.</param>
    internal void Update(double entropySum, double tokenCount)
    {
        double entropy = entropySum / Math.Max(tokenCount, 1);
        double moved = target is { } aim
            ? entropy <= aim.Entropy ? Math.Min(State.Coefficient + aim.Step, aim.Maximum) : Math.Max(State.Coefficient - aim.Step, aim.Minimum)
            : State.Coefficient;
        State = new EntropyState(moved, entropy);
    }
}
