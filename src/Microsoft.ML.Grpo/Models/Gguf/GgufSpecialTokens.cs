namespace Microsoft.ML.Grpo;

/// <summary>The tokens that a GGUF file names by their ids.</summary>
/// <param name="Bos">Begins a text; null if there is none.</param>
/// <param name="Eos">Ends a completion.</param>
/// <param name="OtherEnds">End one too: end of turn, then end of message; at most these two have a key.</param>
/// <param name="Pad">Fills up; null if there is none.</param>
/// <param name="Unknown">Stands for what has no token; null if there is none.</param>
internal sealed record GgufSpecialTokens(int? Bos, int Eos, IReadOnlyList<int> OtherEnds, int? Pad, int? Unknown)
{
    /// <summary>All of them.</summary>
    public IEnumerable<int> All => ((int?[])[Bos, Eos, Pad, Unknown]).OfType<int>().Concat(OtherEnds);

    /// <summary>What a model's files say: tokenizer_config.json by name before config.json by id, as llama.cpp's converter has it.</summary>
    /// <param name="config">config.json.</param>
    /// <param name="names">tokenizer_config.json.</param>
    /// <param name="vocabulary">The ids of tokens.</param>
    /// <param name="stopIds">All ids that end a completion.</param>
    /// <exception cref="NotSupportedException">No token ends a completion, or more than GGUF has keys for.</exception>
    public static GgufSpecialTokens Read(ModelConfig config, TokenizerConfig names, GgufVocabulary vocabulary, IReadOnlyList<int> stopIds)
    {
        int? Named(string name) => names.SpecialTokens.TryGetValue(name, out var token) ? vocabulary.IdOf(token) : null;
        var eos = Named("eos_token") ?? config.EosTokenIds.Concat(stopIds).Cast<int?>().FirstOrDefault()
            ?? throw GgufRefusal.OfModel("no token that ends a completion, for which llama.cpp would take one of its own choice; name one as eos_token_id in config.json");
        int[] others = [.. stopIds.Where(id => id != eos).Distinct().Order()];
        if (others.Append(eos).Where(id => Inside(id) is null).Cast<int?>().FirstOrDefault() is { } outside)
        {
            throw GgufRefusal.OfModel($"the token {outside} to end a completion, and weights for {config.VocabularySize} tokens");
        }

        return others.Length <= 2
            ? new(Named("bos_token") ?? Inside(config.BosTokenId), eos, others, Named("pad_token") ?? config.PadTokenId, Named("unk_token"))
            : throw GgufRefusal.OfModel($"{others.Length + 1} tokens that end a completion ({eos}, {string.Join(", ", others)}), and GGUF has keys for three; name no more in generation_config.json and config.json");

        // A number that config.json leaves to its class's default may be none of a small vocabulary's.
        int? Inside(int? id) => id >= 0 && id < config.VocabularySize ? id : null;
    }

    public void Add(GgufPairs pairs)
    {
        AddId(GgufTokenizer.Bos, Bos);
        AddId(GgufTokenizer.Eos, Eos);
        AddId(GgufTokenizer.EndOfTurn, OtherEnds.Cast<int?>().FirstOrDefault());
        AddId(GgufTokenizer.EndOfMessage, OtherEnds.Cast<int?>().ElementAtOrDefault(1));
        AddId(GgufTokenizer.Unknown, Unknown);
        AddId(GgufTokenizer.Pad, Pad);

        void AddId(string key, int? id)
        {
            if (id is { } known)
            {
                pairs.Add(key, known);
            }
        }
    }
}
