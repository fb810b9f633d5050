using System.Runtime.CompilerServices;

namespace Microsoft.ML.Grpo;

public abstract partial class Reward
{
    // A lambda that fits several of these (one that only throws, an async one) means the first: the others have a lower priority.

    /// <summary>A reward that scores one completion at a time.</summary>
    /// <param name="name">Its name in metrics and errors.</param>
    /// <param name="score">The score of a completion; <see langword="null"/> where it cannot be judged.</param>
    /// <param name="weight">Its factor in the sum of rewards.</param>
    /// <param name="columns">The columns of the data that it reads, found in <see cref="RewardSample.Columns"/>.</param>
    /// <returns>The reward.</returns>
    public static Reward FromFunction(string name, Func<RewardSample, double?> score, double weight = 1, params string[] columns)
    {
        ArgumentNullException.ThrowIfNull(score);
        return new SampleReward(name, (sample, _) => new ValueTask<double?>(score(sample)), weight, columns);
    }

    /// <summary>A reward that tells right completions from wrong ones: 1 for <see langword="true"/>, 0 for <see langword="false"/>.</summary>
    /// <param name="name">Its name in metrics and errors.</param>
    /// <param name="score">Whether a completion is right.</param>
    /// <param name="weight">Its factor in the sum of rewards.</param>
    /// <param name="columns">The columns of the data that it reads, found in <see cref="RewardSample.Columns"/>.</param>
    /// <returns>The reward.</returns>
    [OverloadResolutionPriority(-1)]
    public static Reward FromFunction(string name, Func<RewardSample, bool> score, double weight = 1, params string[] columns)
    {
        ArgumentNullException.ThrowIfNull(score);
        return new SampleReward(name, (sample, _) => new ValueTask<double?>(score(sample) ? 1 : 0), weight, columns);
    }

    /// <summary>A reward that scores one completion at a time and waits for something, such as a server.</summary>
    /// <param name="name">Its name in metrics and errors.</param>
    /// <param name="score">
    /// The score of a completion; <see langword="null"/> where it cannot be judged. Write <c>async (sample, cancellationToken) =&gt; ...</c>.
    /// It is called for all completions of a batch before the first is awaited, so it must bear concurrent calls.
    /// </param>
    /// <param name="weight">Its factor in the sum of rewards.</param>
    /// <param name="columns">The columns of the data that it reads, found in <see cref="RewardSample.Columns"/>.</param>
    /// <returns>The reward.</returns>
    public static Reward FromFunction(string name, Func<RewardSample, CancellationToken, ValueTask<double?>> score, double weight = 1, params string[] columns)
    {
        ArgumentNullException.ThrowIfNull(score);
        return new SampleReward(name, score, weight, columns);
    }

    /// <inheritdoc cref="FromFunction(string, Func{RewardSample, CancellationToken, ValueTask{double?}}, double, string[])"/>
    [OverloadResolutionPriority(-1)]
    public static Reward FromFunction(string name, Func<RewardSample, CancellationToken, Task<double?>> score, double weight = 1, params string[] columns)
    {
        ArgumentNullException.ThrowIfNull(score);
        return new SampleReward(name, async (sample, cancellationToken) => await score(sample, cancellationToken).ConfigureAwait(false), weight, columns);
    }

    /// <inheritdoc cref="FromFunction(string, Func{RewardSample, CancellationToken, ValueTask{double?}}, double, string[])"/>
    [OverloadResolutionPriority(-2)]
    public static Reward FromFunction(string name, Func<RewardSample, CancellationToken, Task<double>> score, double weight = 1, params string[] columns)
    {
        ArgumentNullException.ThrowIfNull(score);
        return new SampleReward(name, async (sample, cancellationToken) => await score(sample, cancellationToken).ConfigureAwait(false), weight, columns);
    }

    /// <summary>A reward that scores all completions of a rollout at once.</summary>
    /// <param name="name">Its name in metrics and errors.</param>
    /// <param name="score">One score a completion, in order; <see langword="null"/> where one cannot be judged.</param>
    /// <param name="weight">Its factor in the sum of rewards.</param>
    /// <param name="columns">The columns of the data that it reads, found in <see cref="RewardSample.Columns"/>.</param>
    /// <returns>The reward.</returns>
    public static Reward FromBatchFunction(string name, Func<IReadOnlyList<RewardSample>, IReadOnlyList<double?>> score, double weight = 1, params string[] columns)
    {
        ArgumentNullException.ThrowIfNull(score);
        return new BatchReward(name, (batch, _) => new ValueTask<IReadOnlyList<double?>>(score(batch)), weight, columns);
    }

    /// <summary>A reward that scores all completions of a rollout at once and waits for something, such as a server.</summary>
    /// <param name="name">Its name in metrics and errors.</param>
    /// <param name="score">
    /// One score a completion, in order; <see langword="null"/> where one cannot be judged. Write <c>async (batch, cancellationToken) =&gt; ...</c>
    /// and return an <c>IReadOnlyList&lt;double?&gt;</c>.
    /// </param>
    /// <param name="weight">Its factor in the sum of rewards.</param>
    /// <param name="columns">The columns of the data that it reads, found in <see cref="RewardSample.Columns"/>.</param>
    /// <returns>The reward.</returns>
    public static Reward FromBatchFunction(
        string name,
        Func<IReadOnlyList<RewardSample>, CancellationToken, ValueTask<IReadOnlyList<double?>>> score,
        double weight = 1,
        params string[] columns)
    {
        ArgumentNullException.ThrowIfNull(score);
        return new BatchReward(name, score, weight, columns);
    }

    /// <summary>A reward that scores the completions of one prompt together, for instance by comparing them.</summary>
    /// <param name="name">Its name in metrics and errors.</param>
    /// <param name="score">One score a completion of the group, in order; <see langword="null"/> where one cannot be judged.</param>
    /// <param name="weight">Its factor in the sum of rewards.</param>
    /// <param name="columns">The columns of the data that it reads, found in <see cref="RewardSample.Columns"/>.</param>
    /// <returns>The reward.</returns>
    public static Reward FromGroupFunction(string name, Func<IReadOnlyList<RewardSample>, IReadOnlyList<double?>> score, double weight = 1, params string[] columns)
    {
        ArgumentNullException.ThrowIfNull(score);
        return new GroupReward(name, (group, _) => new ValueTask<IReadOnlyList<double?>>(score(group)), weight, columns);
    }

    /// <summary>A reward that scores the completions of one prompt together and waits for something, such as a server.</summary>
    /// <param name="name">Its name in metrics and errors.</param>
    /// <param name="score">
    /// One score a completion of the group, in order; <see langword="null"/> where one cannot be judged. Write
    /// <c>async (group, cancellationToken) =&gt; ...</c> and return an <c>IReadOnlyList&lt;double?&gt;</c>. It is called for all groups
    /// of a batch before the first is awaited, so it must bear concurrent calls.
    /// </param>
    /// <param name="weight">Its factor in the sum of rewards.</param>
    /// <param name="columns">The columns of the data that it reads, found in <see cref="RewardSample.Columns"/>.</param>
    /// <returns>The reward.</returns>
    public static Reward FromGroupFunction(
        string name,
        Func<IReadOnlyList<RewardSample>, CancellationToken, ValueTask<IReadOnlyList<double?>>> score,
        double weight = 1,
        params string[] columns)
    {
        ArgumentNullException.ThrowIfNull(score);
        return new GroupReward(name, score, weight, columns);
    }
}
