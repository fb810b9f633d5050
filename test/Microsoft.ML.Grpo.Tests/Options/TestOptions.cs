namespace Microsoft.ML.Grpo.Tests;

/// <summary>Options that break no rule and have no warning, and a reward that is never asked.</summary>
internal static class TestOptions
{
    public static GrpoOptions Valid() => new() { ModelPath = "model", Rewards = { Reward("length") } };

    public static Reward Reward(string name, double weight = 1) => new NamedReward(name, weight);

    private sealed class NamedReward(string name, double weight) : Reward(name, weight, [])
    {
        public override ValueTask<IReadOnlyList<double?>> ScoreAsync(IReadOnlyList<RewardSample> batch, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("No completion is scored here.");
    }
}
