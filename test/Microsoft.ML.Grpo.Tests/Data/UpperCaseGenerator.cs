using System.Text.Json;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>A stand-in for a policy: upper-cases the prompt, behind a prefix that it saves as an entry.</summary>
internal sealed class UpperCaseGenerator : TextGenerator
{
    internal const string KindName = "upper-case test";

    static UpperCaseGenerator() => TextGeneratorLoaders.Register(KindName, Load);

    internal UpperCaseGenerator(int batchSize = 4, string prefix = "")
    {
        BatchSize = batchSize;
        Prefix = prefix;
    }

    public override string Kind => KindName;

    public override int BatchSize { get; }

    public override string SettingsJson => JsonSerializer.Serialize(new Settings(BatchSize));

    internal string Prefix { get; }

    internal List<int> Batches { get; } = [];

    internal List<long?> FirstRows { get; } = [];

    internal bool IsDisposed { get; private set; }

    internal Action<IModelEntryWriter> SaveMore { get; init; } = _ => { };

    public override IReadOnlyList<GeneratedText> Generate(IReadOnlyList<string> prompts, long? firstRow, CancellationToken cancellationToken)
    {
        Batches.Add(prompts.Count);
        FirstRows.Add(firstRow);
        if (prompts.Contains("fail", StringComparer.Ordinal))
        {
            throw new ArgumentException("A prompt is 'fail'.");
        }

        return [.. prompts.Select(prompt => new GeneratedText(
            Prefix + prompt.ToUpperInvariant(), -prompt.Length, prompt.Length > 3 ? FinishReason.Length : FinishReason.Stop))];
    }

    public override SavedWeights SavePretrained(string directory, WeightType? type) => throw new NotSupportedException("A generator for tests has no model directory.");

    public override void SaveGguf(string path, GgufOptions options) => throw new NotSupportedException("A generator for tests has no weights.");

    public override SavedWeights SaveAdapter(string directory, WeightType type) => throw new NotSupportedException("A generator for tests has no adapter.");

    public override void SaveAdapterGguf(string path) => throw new NotSupportedException("A generator for tests has no adapter.");

    public override void Save(IModelEntryWriter entries)
    {
        entries.WriteText("prefix.txt", Prefix);
        SaveMore(entries);
    }

    public override void Dispose() => IsDisposed = true;

    private static UpperCaseGenerator Load(Microsoft.ML.Runtime.IHostEnvironment environment, string directory, string settingsJson) => new(
        JsonSerializer.Deserialize<Settings>(settingsJson)!.BatchSize, File.ReadAllText(Path.Combine(directory, "prefix.txt")));

    private sealed record Settings(int BatchSize);
}
