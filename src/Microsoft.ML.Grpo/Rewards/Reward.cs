namespace Microsoft.ML.Grpo;

/// <summary>Scores completions. A run may have several; their weighted sum is what the policy learns to raise.</summary>
public abstract class Reward
{
    /// <summary>Makes a reward.</summary>
    /// <param name="name">Its name in metrics (<c>rewards/{name}/mean</c>) and errors.</param>
    /// <param name="weight">Its factor in the sum of rewards; any finite number.</param>
    /// <param name="columns">The columns of the data that it reads.</param>
    protected Reward(string name, double weight, IReadOnlyList<string> columns)
    {
        Name = name;
        Weight = weight;
        Columns = columns;
    }

    /// <summary>The reward's name in metrics and errors.</summary>
    public string Name { get; }

    /// <summary>Its factor in the sum of rewards.</summary>
    public double Weight { get; }

    /// <summary>The columns of the training data that it reads.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Scores a batch: whole groups, the completions of a prompt standing next to each other.</summary>
    /// <param name="batch">The completions, group after group.</param>
    /// <param name="cancellationToken">Ends the wait for slow rewards.</param>
    /// <returns>One score a completion, in order; <see langword="null"/> where this reward cannot judge.</returns>
    public abstract ValueTask<IReadOnlyList<double?>> ScoreAsync(IReadOnlyList<RewardSample> batch, CancellationToken cancellationToken);
}
