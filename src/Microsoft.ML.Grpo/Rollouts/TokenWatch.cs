namespace Microsoft.ML.Grpo;

/// <summary>Hears of a token as soon as it is drawn, before the next one is.</summary>
/// <param name="prompt">The prompt that is completed.</param>
/// <param name="generation">Which completion of its group, from 0.</param>
/// <param name="id">The token; a stop token too.</param>
/// <returns>Whether the completion may go on. If not, the token is its last one and it ends with <see cref="FinishReason.Stop"/>.</returns>
internal delegate bool TokenWatch(RolloutPrompt prompt, int generation, int id);
