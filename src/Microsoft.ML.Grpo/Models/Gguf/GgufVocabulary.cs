using System.Text.Json.Nodes;

namespace Microsoft.ML.Grpo;

/// <summary>The tokens of a tokenizer.json as a GGUF file lists them: one for each row of the embedding.</summary>
internal sealed class GgufVocabulary
{
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

        foreach (var added in tokenizer["added_tokens"]?.AsArray() ?? [])
        {
            var token = added!["content"]!.GetValue<string>();
            foreach (var flag in (string[])["lstrip", "rstrip", "single_word"])
            {
                if (named && added[flag]?.GetValue<bool>() == true)
                {
                    throw GgufRefusal.OfTokenizer($"has the added token '{token}' with {flag}, for which GGUF has no word");
                }
            }

            Set(added["id"]!.GetValue<int>(), token, named, token == unknown ? GgufTokenizer.UnknownToken : added["special"]?.GetValue<bool>() == true ? GgufTokenizer.Control : GgufTokenizer.UserDefined);
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
