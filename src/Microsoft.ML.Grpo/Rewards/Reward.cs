namespace Microsoft.ML.Grpo;

/// <summary>Scores completions. A run may have several; their weighted sum is what the policy learns to raise.</summary>
/// <remarks>
/// The factories cover most needs: <see cref="FromFunction(string, Func{RewardSample, double?}, double, string[])"/> and its
/// relatives, <see cref="ExactMatch"/>, <see cref="Format"/>, <see cref="FromChatClient"/>. Derive from this class for anything else. Names are unique in a
/// run. Calls of <see cref="ScoreAsync"/> of one reward do not overlap; those of different rewards may.
/// </remarks>
public abstract partial class Reward
{
    /// <summary>Makes a reward.</summary>
    /// <param name="name">Its name in metrics (<c>rewards/{name}/mean</c>) and errors; not empty.</param>
    /// <param name="weight">Its factor in the sum of rewards; any finite number. 0 measures without teaching.</param>
    /// <param name="columns">The columns of the data that it reads.</param>
    /// <exception cref="ArgumentException">The name or a column is empty, or the weight is not finite.</exception>
    protected Reward(string name, double weight, IReadOnlyList<string> columns)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(columns);
        if (!double.IsFinite(weight))
        {
            throw new ArgumentOutOfRangeException(nameof(weight), weight, $"The weight of the reward '{name}' must be a finite number.");
        }

        foreach (var column in columns)
        {
            if (string.IsNullOrWhiteSpace(column))
            {
                throw new ArgumentException($"The reward '{name}' names an empty column; give the name of a column of the training data.", nameof(columns));
            }
        }

        Name = name;
        Weight = weight;
        Columns = [.. columns];
    }

    /// <summary>The reward's name in metrics and errors.</summary>
    public string Name { get; }

    /// <summary>Its factor in the sum of rewards.</summary>
    public double Weight { get; }

    /// <summary>The columns of the training data that it reads.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Scores a batch: whole groups, the completions of a prompt standing next to each other.</summary>
    /// <param name="batch">The completions, group after group; in a group <see cref="RewardSample.Generation"/> counts from 0.</param>
    /// <param name="cancellationToken">Ends the wait for slow rewards.</param>
    /// <returns>
    /// One score a completion, in order: a finite number, or <see langword="null"/> where this reward cannot judge. Anything else
    /// (another count, NaN, an infinity, an exception) ends the run with a <see cref="RewardException"/>.
    /// </returns>
    public abstract ValueTask<IReadOnlyList<double?>> ScoreAsync(IReadOnlyList<RewardSample> batch, CancellationToken cancellationToken);
}
