using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Metadata that is missing, of the wrong kind, out of range, or asks for what is not supported: each key refused by its name.</summary>
[TestClass]
public sealed class GgufMetadataTests : IDisposable
{
    private const string Converter = "Use a file that llama.cpp's converter made.";
    private const string Scaling = "Rope scaling is not supported: use a model without it.";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void The_file_that_the_others_are_made_from_loads()
    {
        using var model = Load(GgufBytes.Llama());
        Assert.AreEqual((64, 32, 64, 1, 2, 1, 16, 10, true), (model.Config.MaxPositions, model.Config.HiddenSize, model.Config.IntermediateSize, model.Config.Layers, model.Config.Heads, model.Config.KeyValueHeads, model.Config.HeadSize, model.Config.VocabularySize, model.Config.TiedHead));
        Assert.IsEmpty(model.UnusedConfigKeys);
        using var spelled = Load(GgufBytes.Metaspace());
        CollectionAssert.AreEqual(new[] { 2 }, spelled.EosTokenIds.ToArray());
    }

    [TestMethod]
    [DataRow("general.architecture")]
    [DataRow("llama.context_length")]
    [DataRow("llama.embedding_length")]
    [DataRow("llama.block_count")]
    [DataRow("llama.feed_forward_length")]
    [DataRow("llama.attention.head_count")]
    [DataRow("llama.attention.layer_norm_rms_epsilon")]
    [DataRow("tokenizer.ggml.model")]
    [DataRow("tokenizer.ggml.pre")]
    [DataRow("tokenizer.ggml.tokens")]
    [DataRow("tokenizer.ggml.merges")]
    public void A_key_that_must_be_there(string key) =>
        Refused(key, null, $"has no metadata '{key}'. Use a complete model file; an adapter or a vocabulary alone is none.");

    [TestMethod]
    [DataRow("llama.attention.head_count_kv")]
    [DataRow("llama.rope.freq_base")]
    [DataRow("llama.rope.dimension_count")]
    [DataRow("tokenizer.ggml.token_type")]
    [DataRow("tokenizer.ggml.bos_token_id")]
    [DataRow("tokenizer.ggml.eos_token_id")]
    [DataRow("tokenizer.ggml.add_bos_token")]
    public void A_key_that_may_be_absent(string key)
    {
        var file = GgufBytes.Llama().Set(key, null);
        if (key == "llama.attention.head_count_kv")
        {
            foreach (var name in (string[])["blk.0.attn_k.weight", "blk.0.attn_v.weight"])
            {
                file.Tensors.Remove(file[name]);
                file.Add(name, 32, 32);
            }
        }

        using var model = Load(file);
        Assert.AreEqual(key == "llama.attention.head_count_kv" ? 2 : 1, model.Config.KeyValueHeads);
        Assert.AreEqual(10_000, model.Config.RopeTheta);
    }

    [TestMethod]
    [DataRow("llama.context_length")]
    [DataRow("llama.embedding_length")]
    [DataRow("llama.block_count")]
    [DataRow("llama.feed_forward_length")]
    [DataRow("llama.attention.head_count")]
    [DataRow("llama.attention.head_count_kv")]
    [DataRow("llama.attention.key_length")]
    public void A_count_that_is_none(string key)
    {
        Refused(key, 0u, $"metadata '{key}' is 0, not a whole number from 1 to 2147483647. {Converter}");
        Refused(key, -1, $"metadata '{key}' is -1, not a whole number from 1 to 2147483647. {Converter}");
        Refused(key, 1UL << 40, $"metadata '{key}' is 1099511627776, not a whole number from 1 to 2147483647. {Converter}");
        Refused(key, "32", $"metadata '{key}' is '32', not a whole number. {Converter}");
        Refused(key, 32f, $"metadata '{key}' is 32, not a whole number. {Converter}");
        Refused(key, new[] { 32 }, $"metadata '{key}' is a list of 1, not a whole number. {Converter}");
        Refused(key, true, $"metadata '{key}' is True, not a whole number. {Converter}");
    }

    [TestMethod]
    [DataRow("llama.attention.layer_norm_rms_epsilon")]
    [DataRow("llama.rope.freq_base")]
    public void A_number_that_is_none(string key)
    {
        Refused(key, 0f, $"metadata '{key}' is 0, not a number above 0. {Converter}");
        Refused(key, -1f, $"metadata '{key}' is -1, not a number above 0. {Converter}");
        Refused(key, float.NaN, $"metadata '{key}' is NaN, not a number above 0. {Converter}");
        Refused(key, float.PositiveInfinity, $"metadata '{key}' is Infinity, not a number above 0. {Converter}");
        Refused(key, "1", $"metadata '{key}' is '1', not a number above 0. {Converter}");
        using var model = Load(GgufBytes.Llama().Set(key, 2u)); // a whole number is one
    }

    [TestMethod]
    public void Shapes_that_contradict_each_other()
    {
        Refused("llama.attention.head_count", 3u, $"metadata 'llama.embedding_length' is 32, no multiple of the 3 heads. {Converter}");
        Refused("llama.attention.value_length", 8u, $"metadata 'llama.attention.value_length' is 8, not 16: values of another size than keys, which is not supported. {Converter}");
        Refused("llama.rope.dimension_count", 8u, $"metadata 'llama.rope.dimension_count' is 8, not 16: rotary positions on a part of each head, which is not supported. {Converter}");
        Refused("llama.block_count", 2_000_000_000u, "holds 11 tensors, fewer than the 2000000000 layers of config.json. Use the config.json that belongs to the file.");
        Refused("llama.block_count", 2u, "tensor 'model.layers.1.input_layernorm.weight' [32] is missing. config.json describes a llama of 2 layers: use a file that belongs to it.");
        Refused("llama.feed_forward_length", 32u, "tensor 'model.layers.0.mlp.gate_proj.weight' has shape [64, 32], but config.json implies [32, 32]. Use the config.json that belongs to the file.");
    }

    [TestMethod]
    public void Scaled_rope_experts_windows_and_attention_to_later_tokens()
    {
        Refused("llama.rope.scaling.type", "yarn", $"asks for rope scaling of type 'yarn' (llama.rope.scaling.type). {Scaling}");
        Refused("llama.rope.scaling.factor", 4f, $"asks for rope scaling by 4 (llama.rope.scaling.factor). {Scaling}");
        Refused("llama.rope.scale_linear", 2f, $"asks for rope scaling by 2 (llama.rope.scale_linear). {Scaling}");
        Refused("llama.rope.scaling.attn_factor", 1.5f, $"asks for rope scaling by 1.5 (llama.rope.scaling.attn_factor). {Scaling}");
        Refused("llama.rope.scaling.factor", "4", $"metadata 'llama.rope.scaling.factor' is '4', not a number. {Converter}");
        Refused("llama.expert_count", 8u, $"metadata 'llama.expert_count' is 8, not 0: a mixture of experts, which is not supported. {Converter}");
        Refused("llama.attention.sliding_window", 4096u, $"metadata 'llama.attention.sliding_window' is 4096, not 0: attention within a window, which is not supported. {Converter}");
        Refused("llama.attention.causal", false, $"metadata 'llama.attention.causal' is false: attention to later tokens, which is not supported. {Converter}");
        Refused(GgufBytes.Llama().Add("rope_freqs.weight", 8), $"holds 'rope_freqs.weight', the factors of a scaled rope. {Scaling}");
    }

    [TestMethod]
    public void What_asks_for_nothing_is_no_fault()
    {
        using var model = Load(GgufBytes.Llama().Set("llama.rope.scaling.type", "none").Set("llama.rope.scaling.factor", 0f).Set("llama.rope.scale_linear", 1f).Set("llama.expert_count", 0u)
            .Set("llama.attention.causal", true).Set("split.count", 0u).Set("llama.vocab_size", 10u).Set("general.type", "model"));
        Assert.IsEmpty(model.UnusedConfigKeys);
    }

    [TestMethod]
    public void Keys_of_the_architecture_that_nothing_reads_are_reported()
    {
        using var model = Load(GgufBytes.Llama().Set("llama.attention.scale", 0.5f).Set("llama.pooling_type", 2u).Set("general.tags", new[] { "x" }));
        CollectionAssert.AreEquivalent(new[] { "llama.attention.scale", "llama.pooling_type" }, model.UnusedConfigKeys.ToArray());
    }

    [TestMethod]
    public void A_tensor_of_the_models_that_the_shape_does_not_imply() => Refused(
        GgufBytes.Llama().Add("blk.1.attn_norm.weight", 32),
        "tensor 'model.layers.1.input_layernorm.weight' is not part of a llama as config.json describes it, and leaving it out would change the results. Use the config.json that belongs to the file; merge adapters before saving.");

    [TestMethod]
    public void A_head_of_its_own_is_read_beside_the_embedding()
    {
        using var model = Load(GgufBytes.Llama().Add("output.weight", 10, 32));
        Assert.IsFalse(model.Config.TiedHead);
        Assert.IsTrue(model.Network.Parameters.ContainsKey("lm_head.weight"));
    }

    [TestMethod]
    public void A_file_without_an_embedding()
    {
        var file = GgufBytes.Llama();
        file.Tensors.RemoveAt(0);
        Refused(file, "has no tensor 'token_embd.weight'. Use a complete model file.");
    }

    [TestMethod]
    public void Tokens_and_what_they_are()
    {
        const string Tokens = "tokenizer.ggml.tokens", Types = "tokenizer.ggml.token_type", Merges = "tokenizer.ggml.merges";
        Refused(Tokens, "a", $"metadata '{Tokens}' is 'a', not a list of texts. {Converter}");
        Refused(Tokens, new[] { 1 }, $"metadata '{Tokens}' is a list of 1, not a list of texts. {Converter}");
        Refused(Types, new[] { 1, 1 }, $"metadata '{Types}' has 2 entries for 10 tokens. {Converter}");
        Refused(Types, new float[10], $"metadata '{Types}' is a list of 10, not a list of whole numbers. {Converter}");
        Refused(Types, new[] { 1, 1, 7, 1, 1, 1, 1, 1, 1, 1 }, $"metadata '{Types}' says 7 of token 2, which is no type. {Converter}");
        Refused(Types, new[] { 1, 1, -1, 1, 1, 1, 1, 1, 1, 1 }, $"metadata '{Types}' says -1 of token 2, which is no type. {Converter}");
        Refused(Tokens, new[] { "a", "b", "a", "d", "e", "f", "g", "h", "ab", "<end>" }, $"metadata '{Tokens}' has 'a' twice, as 0 and 2. {Converter}");
        Refused(Merges, "a b", $"metadata '{Merges}' is 'a b', not a list of texts. {Converter}");
    }

    [TestMethod]
    [DataRow("tokenizer.ggml.add_bos_token", "tokenizer.ggml.bos_token_id")]
    [DataRow("tokenizer.ggml.add_eos_token", "tokenizer.ggml.eos_token_id")]
    public void A_token_to_add_that_no_key_names(string flag, string id) => Refused(
        GgufBytes.Llama().Set(flag, true).Set(id, null), $"has no metadata '{id}'. Use a complete model file; an adapter or a vocabulary alone is none.");

    [TestMethod]
    public void Scores()
    {
        const string Key = "tokenizer.ggml.scores";
        Refused(GgufBytes.Metaspace().Set(Key, null), $"has no metadata '{Key}'. Use a complete model file; an adapter or a vocabulary alone is none.");
        Refused(GgufBytes.Metaspace().Set(Key, new float[9]), $"metadata '{Key}' has 9 entries for 10 tokens. {Converter}");
        Refused(GgufBytes.Metaspace().Set(Key, new int[10]), $"metadata '{Key}' is a list of 10, not a list of numbers. {Converter}");
        Refused(
            GgufBytes.Metaspace().Set("tokenizer.ggml.tokens", new[] { "<unk>", "<s>", "</s>", "<0x0A>", "\u2581", "a", "b", "ab", "\u2581ab", new string('c', 2000) }),
            $"metadata 'tokenizer.ggml.tokens' has a token of 2000 characters; vocabularies with scores are read up to 1024. {Converter}");
    }

    [TestMethod]
    public void The_tokenizer_that_the_scores_stand_for()
    {
        var file = _folder["m.gguf"];
        File.WriteAllBytes(file, GgufBytes.Metaspace().Set("tokenizer.ggml.add_bos_token", true).ToArray());
        using var policy = Policy.Load(file, ScalarType.Float32, CPU, PromptFormat.Raw, null, []);
        CollectionAssert.AreEqual(new[] { 1, 8, 9, 3 }, policy.Tokenizer.Encode("abc\n", addSpecialTokens: true).ToArray());
        Assert.AreEqual("abc\n", policy.Tokenizer.Decode([8, 9, 3]));
    }

    [TestMethod]
    public void What_is_made_of_the_metadata_is_JSON_of_what_it_says()
    {
        using var gguf = new GgufFile(new MemoryStream(GgufBytes.Llama().Set("tokenizer.chat_template", "{{ \"\u00E4\" }}").ToArray()), "m");
        var files = GgufModel.Files(gguf);
        var config = JsonNode.Parse(files.Get(ModelFiles.Config))!;
        Assert.AreEqual(("llama", 9, "float32", 1e4), (config["model_type"]!.GetValue<string>(), config["eos_token_id"]!.GetValue<int>(), config["torch_dtype"]!.GetValue<string>(), config["rope_theta"]!.GetValue<double>()));
        Assert.AreEqual((double)1e-5f, config["rms_norm_eps"]!.GetValue<double>());
        var names = JsonNode.Parse(files.Get("tokenizer_config.json"))!;
        Assert.AreEqual(("<end>", "{{ \"\u00E4\" }}"), (names["eos_token"]!.GetValue<string>(), names["chat_template"]!.GetValue<string>()));
        Assert.AreEqual("m", files.Origin);
    }

    private PretrainedModel Load(GgufBytes file)
    {
        File.WriteAllBytes(_folder["m.gguf"], file.ToArray());
        return PretrainedModel.Load(_folder["m.gguf"], ScalarType.Float32, CPU);
    }

    private void Refused(string key, object? value, string problem) => Refused(GgufBytes.Llama().Set(key, value), problem);

    private void Refused(GgufBytes file, string problem)
    {
        var error = Assert.ThrowsExactly<ModelFormatException>(() => Load(file).Dispose());
        Assert.AreEqual($"{_folder["m.gguf"]}: {problem}", error.Message);
    }
}
