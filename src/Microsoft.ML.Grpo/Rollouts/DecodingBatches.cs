using System.Numerics;

namespace Microsoft.ML.Grpo;

/// <summary>Cuts the prompts of a request into parts that are sampled one after the other, so that the keys and values of one fit into memory.</summary>
internal static class DecodingBatches
{
    /// <summary>Memory that the cache of one part may take, in bytes: 4 GiB, which leaves room beside a small model's weights on any machine that can train it.</summary>
    public const long MostCacheBytes = 4L << 30;

    // Decoding many rows together is cheap (64 rows cost about three times what 8 do); beyond this it no longer gains.
    private const int MostRows = 512;
    private const int LeastStep = 8;

    /// <summary>Cuts.</summary>
    /// <param name="request">What is asked for; its groups stay whole.</param>
    /// <param name="model">The policy's shape.</param>
    /// <param name="elementBytes">Bytes of a number in the cache.</param>
    /// <param name="mostBytes">Most bytes of a part's cache; a group that takes more stands alone.</param>
    /// <returns>Every prompt once, prompts of like length together.</returns>
    public static IEnumerable<IReadOnlyList<RolloutPrompt>> Split(RolloutRequest request, ModelConfig model, long elementBytes, long mostBytes = MostCacheBytes)
    {
        var tokenBytes = 2 * elementBytes * model.Layers * model.KeyValueHeads * model.HeadSize;
        var part = new List<RolloutPrompt>();
        foreach (var prompt in request.Prompts.OrderBy(PaddedLength).ThenBy(p => p.Place))
        {
            // Shortest first, so that this prompt is the longest of the part that it would join.
            var rows = (part.Count + 1L) * request.GroupSize;
            var room = Math.Min(PaddedLength(prompt) + (long)request.Sampling.MaxTokens, model.MaxPositions);
            if (part.Count > 0 && (rows > MostRows || rows * room * tokenBytes > mostBytes))
            {
                yield return part;
                part = [];
            }

            part.Add(prompt);
        }

        if (part.Count > 0)
        {
            yield return part;
        }
    }

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
