namespace Microsoft.ML.Grpo;

/// <summary>The keys of an architecture's own, whose names begin with its name.</summary>
/// <param name="metadata">The key-value pairs.</param>
/// <param name="architecture">llama.cpp's name for it.</param>
internal sealed class GgufKeys(GgufMetadata metadata, string architecture)
{
    public const string Context = "context_length", Embedding = "embedding_length", Blocks = "block_count", FeedForward = "feed_forward_length";
    public const string Heads = "attention.head_count", KeyValueHeads = "attention.head_count_kv", KeySize = "attention.key_length", ValueSize = "attention.value_length";
    public const string NormEpsilon = "attention.layer_norm_rms_epsilon", RopeBase = "rope.freq_base", RopeSize = "rope.dimension_count", Vocabulary = "vocab_size";

    // They say nothing that the tensors do not, or belong to what is off.
    private static readonly string[] Harmless = [Vocabulary, "rope.scaling.original_context_length", "rope.scaling.finetuned", "expert_used_count"];

    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    /// <summary>Keys that nobody asked for and that may have a meaning, with what they say.</summary>
    public IEnumerable<(string Name, string Value)> Unread => metadata.Values
        .Where(pair => pair.Key.StartsWith(Name(string.Empty), StringComparison.Ordinal) && !_asked.Contains(pair.Key) && !Harmless.Select(Name).Contains(pair.Key))
        .Select(pair => (pair.Key, GgufMetadata.Show(pair.Value)));

    public string Name(string key) => $"{architecture}.{key}";

    public int Count(string key) => OptionalCount(key) ?? throw metadata.Missing(Name(key));

    public int? OptionalCount(string key) => metadata.Count(Asked(key));

    public double? Number(string key) => metadata.Number(Asked(key));

    public double? Positive(string key) => metadata.Positive(Asked(key));

    public string? Text(string key) => metadata.Text(Asked(key));

    public bool? Flag(string key) => metadata.Flag(Asked(key));

    /// <summary>A key that must have one value where it is there at all, since another would change the computation.</summary>
    public void MustBe(string key, int value, string otherwise)
    {
        if (metadata.Whole(Asked(key)) is { } given && given != value)
        {
            throw metadata.Error(Name(key), $"is {given}, not {value}: {otherwise}, which is not supported");
        }
    }

    private string Asked(string key)
    {
        _asked.Add(Name(key));
        return Name(key);
    }
}
