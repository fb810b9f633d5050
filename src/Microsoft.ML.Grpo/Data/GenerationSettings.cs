using System.Text.Json.Serialization;

namespace Microsoft.ML.Grpo;

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

    /// <summary>Type of the weights, in the file and in memory: a narrower one would complete differently.</summary>
    public required Precision Precision { get; init; }

    public required PromptFormat PromptFormat { get; init; }

    public string? SystemPrompt { get; init; }

    public IReadOnlyList<int> StopTokenIds { get; init; } = [];
}

/// <summary>Source-generated, so that loading needs no reflection.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(GenerationSettings))]
internal sealed partial class GenerationSettingsJson : JsonSerializerContext;
