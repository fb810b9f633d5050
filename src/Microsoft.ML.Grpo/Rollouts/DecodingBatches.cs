using System.Numerics;

namespace Microsoft.ML.Grpo;

/// <summary>Completions of one prompt that are sampled together.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="First">Generation of the first.</param>
/// <param name="Count">How many.</param>
internal sealed record PartOfGroup(RolloutPrompt Prompt, int First, int Count);

/// <summary>Cuts the completions of a request into parts that are sampled one after the other, so that the keys and values of one fit into memory.</summary>
internal static class DecodingBatches
{
    /// <summary>Rows of a batch come in multiples of this many; see <see cref="DecodingBatch"/>.</summary>
    public const int SlotMultiple = 8;

    // Decoding many rows together is cheap (64 rows cost about three times what 8 do); beyond this it no longer gains.
    private const int MostRows = 512;
    private const int LeastStep = 8;

    // Most completions of a small task end within so many tokens; the cache grows for those that do not.
    private const int FirstTokens = 16;

    /// <summary>Cuts.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="model">The policy's shape.</param>
    /// <param name="mostTokens">Most tokens of a part's cache; a part has room for eight completions at least.</param>
    /// <returns>Every completion once, prompts of like length together; a group is cut only where it alone is too large.</returns>
    public static IEnumerable<IReadOnlyList<PartOfGroup>> Split(RolloutRequest request, ModelConfig model, long mostTokens)
    {
        var part = new List<PartOfGroup>();
        var rows = 0L;
        foreach (var prompt in request.Prompts.OrderBy(PaddedLength).ThenBy(p => p.Place))
        {
            // Shortest first, so that this prompt is the longest of the part that it would join.
            var most = Math.Clamp(mostTokens / RowTokens(prompt, request.Sampling.MaxTokens, model) / SlotMultiple * SlotMultiple, SlotMultiple, MostRows);
            for (var first = 0; first < request.GroupSize;)
            {
                if (part.Count > 0 && rows + request.GroupSize - first > most)
                {
                    yield return part;
                    (part, rows) = ([], 0);
                }

                var count = (int)Math.Min(request.GroupSize - first, most);
                part.Add(new(prompt, first, count));
                (first, rows) = (first + count, rows + count);
            }
        }

        if (part.Count > 0)
        {
            yield return part;
        }
    }

    /// <summary>Tokens of the cache that a completion may come to take, its prompt included.</summary>
    public static long RowTokens(RolloutPrompt prompt, int maxTokens, ModelConfig model) =>
        KeyValueCache.RoundUp((int)Math.Max(FirstRoom(prompt, maxTokens), Math.Min(PaddedLength(prompt) + (long)maxTokens, model.MaxPositions)));

    /// <summary>Tokens that the cache of a completion has room for at first.</summary>
    public static int FirstRoom(RolloutPrompt prompt, int maxTokens) => PaddedLength(prompt) + Math.Min(maxTokens, FirstTokens);

    /// <summary>
    /// A prompt's length as it is prefilled: at most an eighth more, in steps of at least eight, and a function of the prompt
    /// alone, so that many prompts share a pass and none depends on its companions.
    /// </summary>
    public static int PaddedLength(RolloutPrompt prompt)
    {
        var step = Math.Max(LeastStep, (int)(BitOperations.RoundUpToPowerOf2((uint)prompt.Ids.Count) / 16));
        return (prompt.Ids.Count + step - 1) / step * step;
    }
}
