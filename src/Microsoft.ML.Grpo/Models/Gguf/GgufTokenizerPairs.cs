using System.Text.Json.Nodes;

namespace Microsoft.ML.Grpo;

/// <summary>A tokenizer as the metadata of a GGUF file has it: the way back of <see cref="GgufTokenizer"/>.</summary>
internal static class GgufTokenizerPairs
{
    private const string NoPreTokenizer = "gpt-2"; // llama.cpp wants some name

    /// <summary>Adds tokens, merges or scores, special tokens and the chat template.</summary>
    /// <param name="pairs">Where to.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="files">tokenizer.json, tokenizer_config.json and, where it has a file of its own, the chat template.</param>
    /// <param name="stopIds">All ids that end a completion.</param>
    /// <param name="plainNames">Whether tokens are named by their numbers.</param>
    /// <exception cref="NotSupportedException">GGUF has no words for something the tokenizer does.</exception>
    public static void Add(GgufPairs pairs, ModelConfig config, ModelFiles files, IReadOnlyList<int> stopIds, bool plainNames)
    {
        var tokenizer = JsonText.Read(files.Get("tokenizer.json"), files.PathOf("tokenizer.json"), root => JsonObject.Create(root.Clone())!);
        var names = files.Find("tokenizer_config.json") is { } json ? TokenizerConfig.Read(json, files.PathOf("tokenizer_config.json")) : TokenizerConfig.Empty;
        var vocabulary = new GgufVocabulary(tokenizer, config.VocabularySize, named: !plainNames);
        var special = GgufSpecialTokens.Read(config, names, vocabulary, stopIds);
        if (plainNames)
        {
            AddPlain(pairs, config.VocabularySize, special);
            return;
        }

        string[] merges = [.. tokenizer["model"]!["merges"]?.AsArray().Select(Merge) ?? []];
        if (GgufMetaspace.Is(tokenizer))
        {
            GgufMetaspace.Add(pairs, tokenizer, vocabulary.Model, merges, config.VocabularySize);
        }
        else
        {
            GgufByteLevel.Add(pairs, tokenizer, vocabulary.Model, merges);
        }

        pairs.Add(GgufTokenizer.TokensKey, vocabulary.Tokens);
        pairs.Add(GgufTokenizer.TypesKey, vocabulary.Types);
        AddAround(pairs, special, files).Add(pairs);
        if (ChatTemplate.Source(files.Find("chat_template.jinja"), names) is { } template)
        {
            pairs.Add(GgufTokenizer.ChatTemplateKey, template);
        }
    }

    private static void AddPlain(GgufPairs pairs, int count, GgufSpecialTokens special)
    {
        var types = new int[count];
        Array.Fill(types, GgufTokenizer.Normal);
        foreach (var id in special.All)
        {
            types[id] = GgufTokenizer.Control;
        }

        pairs.Add(GgufTokenizer.ModelKey, GgufByteLevel.Model);
        pairs.Add(GgufTokenizer.PreKey, NoPreTokenizer);
        pairs.Add(GgufTokenizer.TokensKey, [.. Enumerable.Range(0, count).Select(GgufTokenNames.Plain)]);
        pairs.Add(GgufTokenizer.TypesKey, types);
        pairs.Add(GgufTokenizer.MergesKey, Array.Empty<string>());
        pairs.Add(GgufTokenizer.AddBos, false);
        pairs.Add(GgufTokenizer.AddEos, false);
        special.Add(pairs);
    }

    /// <summary>Adds whether a BOS and an EOS stand around a text: what the tokenizer itself does, whatever tokenizer_config.json says of it.</summary>
    /// <returns>The special tokens, with the BOS that the tokenizer adds.</returns>
    private static GgufSpecialTokens AddAround(GgufPairs pairs, GgufSpecialTokens special, ModelFiles files)
    {
        var (before, after) = JsonText.Read(files.Get("tokenizer.json"), files.PathOf("tokenizer.json"), root => PostProcessorJson.Read(root.Member("post_processor"), files.PathOf("tokenizer.json")));
        if (before.Count > 1 || after.Count > 1 || (before.Count == 1 && special.Bos is { } bos && bos != before[0]) || (after.Count == 1 && after[0] != special.Eos))
        {
            throw GgufRefusal.OfTokenizer($"puts the tokens [{string.Join(", ", before)}] and [{string.Join(", ", after)}] around a text, and GGUF can say that of its BOS ({special.Bos?.ToString() ?? "none"}) and EOS ({special.Eos}) alone");
        }

        pairs.Add(GgufTokenizer.AddBos, before.Count == 1);
        pairs.Add(GgufTokenizer.AddEos, after.Count == 1);
        return before.Count == 1 ? special with { Bos = before[0] } : special;
    }

    private static string Merge(JsonNode? merge) => merge is JsonArray pair ? $"{pair[0]} {pair[1]}" : merge!.GetValue<string>();
}
