using System.Text.Json;
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

    /// <summary>Float32 or BFloat16: what the products were computed in when it was trained. A model that does not say was saved before there was a choice.</summary>
    public ComputeType ComputeType { get; init; } = ComputeType.Float32;

    public required PromptFormat PromptFormat { get; init; }

    public string? SystemPrompt { get; init; }

    public IReadOnlyList<int> StopTokenIds { get; init; } = [];

    public string ToJson() => JsonSerializer.Serialize(this, GenerationSettingsJson.Default.GenerationSettings);

    /// <exception cref="InvalidDataException">It is not such an object, or a value is out of range.</exception>
    public static GenerationSettings FromJson(string json)
    {
        try
        {
            var settings = JsonSerializer.Deserialize(json, GenerationSettingsJson.Default.GenerationSettings) ?? throw new JsonException("they are null");
            return settings.OutOfRange() is { } name ? throw new JsonException($"{name} is out of range") : settings;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The GRPO model is damaged: its generation settings cannot be read ({e.Message}). Save or copy it again.", e);
        }
    }

    // The ranges of GenerationOptions: what was saved had passed them, what was changed since may not.
    private string? OutOfRange() => this switch
    {
        { Temperature: not >= 0 } => nameof(Temperature),
        { TopK: < 1 } => nameof(TopK),
        { TopP: <= 0 or > 1 } => nameof(TopP),
        { MinP: < 0 or > 1 } => nameof(MinP),
        { MaxCompletionTokens: < 1 } => nameof(MaxCompletionTokens),
        { BatchSize: < 1 } => nameof(BatchSize),
        _ when !Enum.IsDefined(Precision) => nameof(Precision),
        { ComputeType: not (ComputeType.Float32 or ComputeType.BFloat16) } => nameof(ComputeType),
        _ when !Enum.IsDefined(PromptFormat) => nameof(PromptFormat),
        _ => null,
    };
}

/// <summary>Source-generated, so that loading needs no reflection.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(GenerationSettings))]
internal sealed partial class GenerationSettingsJson : JsonSerializerContext;
