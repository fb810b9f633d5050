using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Grpo;

/// <summary>The tokens of a tokenizer.json as a GGUF file lists them: one for each row of the embedding.</summary>
internal sealed class GgufVocabulary
{
    private const string File = "tokenizer.json";

    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);

    /// <param name="tokenizer">tokenizer.json.</param>
    /// <param name="count">Rows of the embedding.</param>
    /// <param name="named">Whether tokens are told by their names, and not by their numbers alone.</param>
    /// <exception cref="NotSupportedException">A list of names cannot hold its tokens, or not what they do.</exception>
    public GgufVocabulary(JsonObject tokenizer, int count, bool named = true)
    {
        Tokens = new string[count];
        Types = new int[count];
        var metaspace = GgufMetaspace.Is(tokenizer);
        var unknown = metaspace ? tokenizer["model"]!["unk_token"]?.GetValue<string>() : null;
        foreach (var (token, id) in tokenizer["model"]!["vocab"]!.AsObject())
        {
            Model[token] = id!.GetValue<int>();
            Set(Model[token], token, named, token == unknown ? GgufTokenizer.UnknownToken : metaspace ? GgufMetaspace.TypeOf(token) : GgufTokenizer.Normal);
        }

        var normalizer = named ? TextNormalizer.Read(Element(tokenizer["normalizer"]), File) : null;
        foreach (var added in tokenizer["added_tokens"]?.AsArray() ?? [])
        {
            var token = AddedToken.Read(Element(added)!.Value, File);
            if (normalizer is not null)
            {
                RefuseUnsayable(token, normalizer, metaspace);
            }

            Set(token.Id, token.Content, named, token.Content == unknown ? GgufTokenizer.UnknownToken : token.Special ? GgufTokenizer.Control : GgufTokenizer.UserDefined);
        }

        for (var id = 0; id < count; id++)
        {
            if (Tokens[id] is null)
            {
                Set(id, $"[PAD{id}]", named, GgufTokenizer.Unused);
            }
        }
    }

    /// <summary>Name of each id.</summary>
    public string[] Tokens { get; }

    /// <summary>What each id is.</summary>
    public int[] Types { get; }

    /// <summary>The vocabulary of the BPE itself.</summary>
    public Dictionary<string, int> Model { get; } = new(StringComparer.Ordinal);

    /// <summary>The id of a token; null if there is none.</summary>
    public int? IdOf(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    private static JsonElement? Element(JsonNode? part) => part is null ? null : JsonSerializer.SerializeToElement(part);

    /// <summary>llama.cpp looks for a token's name in the text as it stands, and takes its score for 0 where it is none of the BPE's.</summary>
    private void RefuseUnsayable(AddedToken token, TextNormalizer normalizer, bool metaspace)
    {
        var problem = token switch
        {
            { StripsLeft: true } => "lstrip, for which GGUF has no word",
            { StripsRight: true } => "rstrip, for which GGUF has no word",
            { SingleWord: true } => "single_word, for which GGUF has no word",
            { Normalized: true } when normalizer.Normalize(token.Content) != token.Content => "normalized true and a name that the normalizer changes, for which GGUF has no word (set it to false in tokenizer.json if the name is to be found in the text as it stands)",
            _ when metaspace && token.Content.Contains(GgufMetaspace.Space, StringComparison.Ordinal) && !Model.ContainsKey(token.Content) => $"{GgufMetaspace.Space} in its name and no part in the merges, so that text would become it otherwise in llama.cpp",
            _ => null,
        };
        if (problem is not null)
        {
            throw GgufRefusal.OfTokenizer($"has the added token '{token.Content}' with {problem}");
        }
    }

    private void Set(int id, string token, bool named, int type)
    {
        if (id >= Tokens.Length)
        {
            throw GgufRefusal.OfModel($"the token '{token}' with the id {id}, and weights for {Tokens.Length} tokens");
        }

        if (named && _ids.TryGetValue(token, out var other) && other != id)
        {
            throw GgufRefusal.OfTokenizer($"has '{token}' twice, as {other} and {id}, and GGUF finds a token by its name");
        }

        _ids[token] = id;
        (Tokens[id], Types[id]) = (token, type);
    }
}
