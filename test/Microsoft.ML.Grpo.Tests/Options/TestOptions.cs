using System.Runtime.CompilerServices;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Options that break no rule and have no warning, and things to set in them that are never used.</summary>
internal static class TestOptions
{
    public static GrpoOptions Valid() => new() { ModelPath = "model", Rewards = { Reward("length") } };

    public static Reward Reward(string name, double weight = 1) => new NamedReward(name, weight);

    /// <summary>A policy that nothing is done with but to hand it on.</summary>
    public static GrpoTransformer UnusedPolicy() => (GrpoTransformer)RuntimeHelpers.GetUninitializedObject(typeof(GrpoTransformer));

    /// <summary>A loss that is never asked for its terms.</summary>
    public static PolicyLoss UnusedLoss(LossContract contract = LossContract.AnyRoute) =>
        PolicyLoss.Custom("unused", _ => throw new InvalidOperationException("No loss is computed here."), contract: contract);

    /// <summary>A view that is never read.</summary>
    public static IDataView NoRows() => new MLContext(0).Data.LoadFromEnumerable<Row>([]);

    private sealed class Row
    {
        public string Prompt { get; set; } = "";
    }

    private sealed class NamedReward(string name, double weight) : Reward(name, weight, [])
    {
        public override ValueTask<IReadOnlyList<double?>> ScoreAsync(IReadOnlyList<RewardSample> batch, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("No completion is scored here.");
    }
}
