using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Completes prompts with a policy. A draw is a function of the seed and the prompt itself, so a completion depends
/// neither on the place of its row nor on the rows beside it.
/// </summary>
internal sealed class PolicyTextGenerator(Policy policy, GenerationSettings settings) : TextGenerator
{
    internal const string KindName = "policy";

    private readonly InProcessEngine _engine = new(policy.Network, new(), WorkPurpose.Generation, WorkPurpose.Generation);

    public override string Kind => KindName;

    public override int BatchSize => settings.BatchSize;

    public override string SettingsJson => JsonSerializer.Serialize(settings, GenerationSettingsJson.Default.GenerationSettings);

    /// <summary>Reads a saved policy back: the model directory that <see cref="Save"/> wrote.</summary>
    public static TextGenerator Load(IHostEnvironment environment, string directory, string settingsJson)
    {
        TorchRuntime.Initialize();
        var settings = JsonSerializer.Deserialize(settingsJson, GenerationSettingsJson.Default.GenerationSettings)
            ?? throw new InvalidDataException("The GRPO model is damaged: its generation settings are null. Save or copy it again.");
        return new PolicyTextGenerator(
            Policy.Load(directory, torch.ScalarType.Float32, TorchDevice.Of(environment), settings.PromptFormat, settings.SystemPrompt, settings.StopTokenIds), settings);
    }

    public override IReadOnlyList<GeneratedText> Generate(IReadOnlyList<string> prompts, CancellationToken cancellationToken)
    {
        var sampling = new SamplingParameters
        {
            Temperature = settings.Temperature,
            TopK = settings.TopK,
            TopP = settings.TopP,
            MinP = settings.MinP,
            MaxTokens = settings.MaxCompletionTokens,
            StopIds = policy.StopIds,
        };
        var ids = prompts.Select(Encode).ToArray();
        var request = new RolloutRequest(
            [.. ids.Select(prompt => new RolloutPrompt(Place(prompt), prompt))], 1, sampling, new RunRandom(settings.Seed), DrawPurpose.Generation, 0);
        return [.. _engine.Sample(request, cancellationToken).Select(group => ToText(group.Completions[0]))];
    }

    public override void Save(IModelEntryWriter entries)
    {
        foreach (var (name, bytes) in policy.Model.Files.Contents)
        {
            entries.WriteBinary(name, stream => stream.Write(bytes));
        }

        entries.WriteBinary(ModelFiles.Weights, stream => SafetensorsWriter.Write(stream, policy.Network.Parameters));
    }

    public override void SavePretrained(string directory) => policy.Model.SavePretrained(directory);

    public override void Dispose() => policy.Dispose();

    private int[] Encode(string prompt)
    {
        int[] ids = [.. policy.Prompts.Build(prompt)];
        return ids.Length < policy.Network.Config.MaxPositions
            ? ids
            : throw new ArgumentException($"A prompt has {ids.Length} tokens, and the model's context is {policy.Network.Config.MaxPositions}, completion included. Shorten it. It begins: \"{prompt[..Math.Min(60, prompt.Length)]}\"", nameof(prompt));
    }

    private GeneratedText ToText(Completion completion) =>
        new(policy.Tokenizer.Decode(completion.Ids), (float)completion.LogProbs.Sum(), completion.FinishReason);

    // The prompt's own place among the draws: a hash of it (FNV-1a). Should two prompts share one, they share draws, no more.
    private static int Place(int[] ids) => (int)(ids.Aggregate(2166136261u, (hash, id) => unchecked((hash ^ (uint)id) * 16777619u)) >> 1);
}

/// <summary>How a saved policy completes prompts: everything beside the model's own files.</summary>
internal sealed record GenerationSettings
{
    public required double Temperature { get; init; }

    public int? TopK { get; init; }

    public double? TopP { get; init; }

    public double? MinP { get; init; }

    public required int MaxCompletionTokens { get; init; }

    public required int BatchSize { get; init; }

    public required long Seed { get; init; }

    public required PromptFormat PromptFormat { get; init; }

    public string? SystemPrompt { get; init; }

    public IReadOnlyList<int> StopTokenIds { get; init; } = [];
}

/// <summary>Source-generated, so that loading needs no reflection.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(GenerationSettings))]
internal sealed partial class GenerationSettingsJson : JsonSerializerContext;
