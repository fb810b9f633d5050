namespace RealModel;

/// <summary>What the command line asks for, defaults filled in; the result tells it.</summary>
internal sealed record RunSettings
{
    public const string OfCorrectness = "correctness";
    public const string OfScore = "score";
    public const int LoraRank = 16;
    public const double LoraAlpha = 32;

    /// <summary>With <see cref="LoraRank"/> and <see cref="LoraAlpha"/>.</summary>
    public const double LoraLearningRate = 2e-4;

    public required string Model { get; init; }

    public required string Train { get; init; }

    public required string Test { get; init; }

    public required string PromptColumn { get; init; }

    public required string AnswerColumn { get; init; }

    public required string Rule { get; init; }

    public required string Answer { get; init; }

    public required string? System { get; init; }

    /// <summary>Prompts are raw text, without chat template and system message.</summary>
    public required bool Raw { get; init; }

    public required string Reward { get; init; }

    public required double FormatWeight { get; init; }

    public required bool RandomReward { get; init; }

    public required int PromptsPerRollout { get; init; }

    public required int GroupSize { get; init; }

    public required int MaxTokens { get; init; }

    public required double Temperature { get; init; }

    public required int Steps { get; init; }

    public required double? LearningRate { get; init; }

    public required int? WarmupSteps { get; init; }

    public required bool Lora { get; init; }

    public required int Seed { get; init; }

    public required int Samples { get; init; }

    public required int? LimitTest { get; init; }

    public required int? Threads { get; init; }

    public required string? Save { get; init; }

    public required string? Result { get; init; }
}
