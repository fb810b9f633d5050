using System.Runtime.CompilerServices;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Options that break no rule and have no warning, and things to set in them that are never used.</summary>
internal static class TestOptions
{
    public static GrpoOptions Valid() => new() { ModelPath = "model", Rewards = { Reward("length") } };

    public static Reward Reward(string name, double weight = 1) => new NamedReward(name, weight);

    /// <summary>A policy that nothing is done with but to hand it on.</summary>
    public static GrpoTransformer UnusedPolicy() => (GrpoTransformer)RuntimeHelpers.GetUninitializedObject(typeof(GrpoTransformer));

    /// <summary>A policy that says that it has an adapter, and is asked for nothing else.</summary>
    public static GrpoTransformer AdaptedPolicy(double dropout = 0, bool onHead = false) =>
        new(new MLContext(0), new StatedPolicy(new(new(4, 8, Dropout: dropout), onHead), null), new("Prompt", "Completion", null, null));

    /// <summary>A policy that says how it completes prompts, and is asked for nothing else.</summary>
    public static GrpoTransformer PolicyOf(GenerationSettings generation) =>
        new(new MLContext(0), new StatedPolicy(null, generation), new("Prompt", "Completion", null, null));

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

    private sealed class StatedPolicy(AdapterFacts? adapter, GenerationSettings? generation) : TextGenerator
    {
        public override string Kind => "stated";

        public override int BatchSize => 1;

        public override string SettingsJson => "{}";

        public override AdapterFacts? Adapter => adapter;

        public override GenerationSettings? Generation => generation;

        public override IReadOnlyList<GeneratedText> Generate(IReadOnlyList<string> prompts, long? firstRow, CancellationToken cancellationToken) => throw NotHere();

        public override void Save(IModelEntryWriter entries) => throw NotHere();

        public override SavedWeights SavePretrained(string directory, WeightType? type) => throw NotHere();

        public override void SaveGguf(string path, GgufOptions options) => throw NotHere();

        public override SavedWeights SaveAdapter(string directory, WeightType type) => throw NotHere();

        public override void SaveAdapterGguf(string path) => throw NotHere();

        public override void Dispose()
        {
        }

        private static InvalidOperationException NotHere() => new("This policy has no weights.");
    }
}
