namespace Microsoft.ML.Grpo;

/// <summary>A prompt as the policy reads it.</summary>
/// <param name="Place">Its place in the rollout: part of the key of every draw made for it.</param>
/// <param name="Ids">Its token ids, at least one.</param>
/// <param name="Further">Its further model input, which all completions of its group see; null: none.</param>
internal sealed record RolloutPrompt(int Place, IReadOnlyList<int> Ids, object? Further = null);

/// <summary>What an engine is asked to sample.</summary>
/// <param name="Prompts">The prompts, each with its own place.</param>
/// <param name="GroupSize">Completions of each.</param>
/// <param name="Sampling">How tokens are drawn.</param>
/// <param name="Random">The run's randomness.</param>
/// <param name="Purpose">What the draws are for.</param>
/// <param name="Rollout">Number of the rollout.</param>
internal sealed record RolloutRequest(
    IReadOnlyList<RolloutPrompt> Prompts,
    int GroupSize,
    SamplingParameters Sampling,
    RunRandom Random,
    DrawPurpose Purpose,
    long Rollout);
