namespace Microsoft.ML.Grpo;

/// <summary>The tokens that end a completion.</summary>
internal static class StopTokens
{
    /// <summary>
    /// The ids named by <paramref name="stopTokenIds"/> if it is set; else all that the model's files name: the EOS ids of config.json,
    /// generation_config.json and the tokenizer, and the end-of-turn token of the chat template in use.
    /// </summary>
    /// <param name="stopTokenIds">The user's own choice; null for the model's.</param>
    /// <param name="configEos">EOS ids of config.json.</param>
    /// <param name="generationEos">EOS ids of generation_config.json.</param>
    /// <param name="tokenizer">The policy's tokenizer.</param>
    /// <param name="template">The chat template in use; null for raw prompts.</param>
    /// <param name="vocabularySize">Rows of the model's embedding matrix; ids are below it.</param>
    /// <returns>Distinct ids, ascending; at least one.</returns>
    /// <exception cref="ArgumentException">There is no such token, or an id is outside the model's vocabulary.</exception>
    public static IReadOnlyList<int> Resolve(
        IReadOnlyList<int>? stopTokenIds,
        IReadOnlyList<int> configEos,
        IReadOnlyList<int> generationEos,
        PolicyTokenizer tokenizer,
        ChatTemplate? template,
        int vocabularySize)
    {
        var ids = stopTokenIds is null ? OfModel([.. configEos, .. generationEos], tokenizer, template) : new SortedSet<int>(stopTokenIds);
        if (ids.Count == 0)
        {
            throw new ArgumentException(
                stopTokenIds is null
                    ? "No token ends a completion: config.json, generation_config.json and tokenizer_config.json name no EOS. Set StopTokenIds."
                    : "StopTokenIds is empty, so no token would end a completion. Name at least one id, or set StopTokenIds = null for the model's own.");
        }

        if (ids.Min < 0 || ids.Max >= vocabularySize)
        {
            var wrong = ids.Min < 0 ? ids.Min : ids.Max;
            throw new ArgumentException(
                $"The stop token {wrong} is outside the model's vocabulary of {vocabularySize}. Set StopTokenIds to ids from 0 to {vocabularySize - 1}.");
        }

        return [.. ids];
    }

    /// <summary>All that the model's files name, which may be none: EOS ids, the tokenizer's EOS, and the end-of-turn token of the chat template in use.</summary>
    /// <param name="eos">EOS ids of config.json and generation_config.json.</param>
    /// <param name="tokenizer">The policy's tokenizer.</param>
    /// <param name="template">The chat template in use; null for raw prompts.</param>
    public static SortedSet<int> OfModel(IEnumerable<int> eos, PolicyTokenizer tokenizer, ChatTemplate? template)
    {
        var ids = new SortedSet<int>(eos);
        if (tokenizer.EosTokenId is { } named)
        {
            ids.Add(named);
        }

        if (template?.EndOfTurn is { } end && tokenizer.TokenId(end) is { } endId)
        {
            ids.Add(endId);
        }

        return ids;
    }
}
