using System.Runtime.InteropServices;
using System.Text;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>A GGUF file field by field, as the format's description has it and with nothing of the library's: a test can make each field wrong.</summary>
internal sealed class GgufBytes
{
    public const string Vocabulary = "abcdefgh";

    private readonly OrderedDictionary<string, byte[]> _pairs = new(StringComparer.Ordinal);

    public uint Magic { get; set; } = 0x46554747;

    public uint Version { get; set; } = 3;

    /// <summary>What the file says of how many tensors it has; null: the truth.</summary>
    public ulong? TensorCount { get; set; }

    public ulong? PairCount { get; set; }

    public int Alignment { get; set; } = 32;

    /// <summary>Bytes that follow the pairs, such as a pair that no other way can make.</summary>
    public byte[] MorePairs { get; set; } = [];

    public List<TensorBytes> Tensors { get; } = [];

    public TensorBytes this[string name] => Tensors.Single(tensor => tensor.Name == name);

    /// <summary>A whole model: hidden 32, one block, two heads, a vocabulary of ten tokens, all weights 0.5.</summary>
    public static GgufBytes Llama()
    {
        var file = new GgufBytes();
        file.Set("general.architecture", "llama").Set("llama.context_length", 64u).Set("llama.embedding_length", 32u).Set("llama.block_count", 1u)
            .Set("llama.feed_forward_length", 64u).Set("llama.attention.head_count", 2u).Set("llama.attention.head_count_kv", 1u)
            .Set("llama.attention.layer_norm_rms_epsilon", 1e-5f).Set("llama.rope.freq_base", 1e4f).Set("llama.rope.dimension_count", 16u)
            .Set("tokenizer.ggml.model", "gpt2").Set("tokenizer.ggml.pre", "gpt-2").Set("tokenizer.ggml.merges", new[] { "a b" })
            .Set("tokenizer.ggml.tokens", (string[])[.. Vocabulary.Select(c => c.ToString()), "ab", "<end>"]).Set("tokenizer.ggml.token_type", new[] { 1, 1, 1, 1, 1, 1, 1, 1, 1, 3 })
            .Set("tokenizer.ggml.bos_token_id", 9u).Set("tokenizer.ggml.eos_token_id", 9u).Set("tokenizer.ggml.add_bos_token", false);
        file.Add("token_embd.weight", 10, 32);
        file.Add("output_norm.weight", 32);
        file.Add("blk.0.attn_norm.weight", 32);
        file.Add("blk.0.ffn_norm.weight", 32);
        file.Add("blk.0.attn_q.weight", 32, 32);
        file.Add("blk.0.attn_k.weight", 16, 32);
        file.Add("blk.0.attn_v.weight", 16, 32);
        file.Add("blk.0.attn_output.weight", 32, 32);
        file.Add("blk.0.ffn_gate.weight", 64, 32);
        file.Add("blk.0.ffn_up.weight", 64, 32);
        file.Add("blk.0.ffn_down.weight", 32, 64);
        return file;
    }

    /// <summary>The same with a vocabulary of SentencePiece's kind.</summary>
    public static GgufBytes Metaspace() => Llama().Set("tokenizer.ggml.model", "llama").Set("tokenizer.ggml.merges", null).Set("tokenizer.ggml.pre", "default")
        .Set("tokenizer.ggml.tokens", new[] { "<unk>", "<s>", "</s>", "<0x0A>", "\u2581", "a", "b", "ab", "\u2581ab", "c" })
        .Set("tokenizer.ggml.token_type", new[] { 2, 3, 3, 6, 1, 1, 1, 1, 1, 1 })
        .Set("tokenizer.ggml.scores", new[] { 0f, 0, 0, 0, -3, -4, -5, -1, -2, -6 })
        .Set("tokenizer.ggml.bos_token_id", 1u).Set("tokenizer.ggml.eos_token_id", 2u).Set("tokenizer.ggml.unknown_token_id", 0u);

    /// <summary>Adds a tensor of float32; shape as Python has it.</summary>
    public GgufBytes Add(string name, params ulong[] shape)
    {
        var values = new float[shape.Aggregate(1UL, (product, size) => product * size)];
        Array.Fill(values, 0.5f);
        Tensors.Add(new(name) { Sizes = [.. shape.Reverse()], Data = MemoryMarshal.AsBytes<float>(values).ToArray() });
        return this;
    }

    /// <summary>Sets a pair, with the GGUF type that the value's own is the counterpart of; null takes it out.</summary>
    public GgufBytes Set(string key, object? value)
    {
        if (value is null)
        {
            _pairs.Remove(key);
            return this;
        }

        var (type, bytes) = Encode(value);
        _pairs[key] = [.. BitConverter.GetBytes(type), .. bytes];
        return this;
    }

    public byte[] ToArray()
    {
        var file = new List<byte>();
        file.AddRange(BitConverter.GetBytes(Magic));
        file.AddRange(BitConverter.GetBytes(Version));
        file.AddRange(BitConverter.GetBytes(TensorCount ?? (ulong)Tensors.Count));
        file.AddRange(BitConverter.GetBytes(PairCount ?? ((ulong)_pairs.Count + (MorePairs.Length > 0 ? 1UL : 0))));
        foreach (var (key, value) in _pairs)
        {
            file.AddRange(Text(key));
            file.AddRange(value);
        }

        file.AddRange(MorePairs);
        var begin = 0UL;
        foreach (var tensor in Tensors)
        {
            file.AddRange(Text(tensor.Name));
            file.AddRange(BitConverter.GetBytes(tensor.Dimensions ?? (uint)tensor.Sizes.Length));
            file.AddRange(tensor.Sizes.SelectMany(BitConverter.GetBytes));
            file.AddRange(BitConverter.GetBytes(tensor.Type));
            file.AddRange(BitConverter.GetBytes(tensor.Begin ?? begin));
            begin += (ulong)Padded(tensor.Data.Length);
        }

        HeaderBytes = file.Count;
        Pad();
        foreach (var tensor in Tensors)
        {
            file.AddRange(tensor.Data);
            Pad();
        }

        return [.. file];

        void Pad() => file.AddRange(new byte[Padded(file.Count) - file.Count]);
    }

    /// <summary>Bytes before the tensors' data, as <see cref="ToArray"/> last wrote them.</summary>
    public int HeaderBytes { get; private set; }

    public static byte[] Text(string text) => [.. BitConverter.GetBytes((ulong)Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];

    private int Padded(int size) => (size + Alignment - 1) / Alignment * Alignment;

    private static (uint Type, byte[] Bytes) Encode(object value) => value switch
    {
        byte number => (0, [number]),
        uint number => (4, BitConverter.GetBytes(number)),
        int number => (5, BitConverter.GetBytes(number)),
        float number => (6, BitConverter.GetBytes(number)),
        bool flag => (7, [flag ? (byte)1 : (byte)0]),
        string text => (8, Text(text)),
        Array list => (9, [.. BitConverter.GetBytes(Encode(list.Length > 0 ? list.GetValue(0)! : 0u).Type), .. BitConverter.GetBytes((ulong)list.Length), .. list.Cast<object>().SelectMany(item => Encode(item).Bytes)]),
        ulong number => (10, BitConverter.GetBytes(number)),
        long number => (11, BitConverter.GetBytes(number)),
        double number => (12, BitConverter.GetBytes(number)),
        _ => throw new ArgumentException($"GGUF has no {value.GetType()}.", nameof(value)),
    };
}

/// <summary>A tensor of <see cref="GgufBytes"/>.</summary>
internal sealed class TensorBytes(string name)
{
    public string Name { get; set; } = name;

    /// <summary>The sizes in the file's order, the row's length first.</summary>
    public ulong[] Sizes { get; set; } = [];

    /// <summary>What the file says of their number; null: the truth.</summary>
    public uint? Dimensions { get; set; }

    public uint Type { get; set; }

    /// <summary>What the file says of where it begins; null: where it does.</summary>
    public ulong? Begin { get; set; }

    public byte[] Data { get; set; } = [];
}
