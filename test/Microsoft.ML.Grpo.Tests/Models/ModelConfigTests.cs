using System.Text;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class ModelConfigTests
{
    private const string Llama = """
        {
          "architectures": ["LlamaForCausalLM"], "model_type": "llama", "attention_bias": false, "attention_dropout": 0.0, "hidden_act": "silu",
          "bos_token_id": 1, "eos_token_id": [2, 5], "pad_token_id": 3, "hidden_size": 64, "intermediate_size": 96, "max_position_embeddings": 512,
          "mlp_bias": false, "num_attention_heads": 4, "num_hidden_layers": 3, "num_key_value_heads": 2, "pretraining_tp": 1, "rms_norm_eps": 1e-05,
          "tie_word_embeddings": true, "vocab_size": 100, "torch_dtype": "float32", "rope_theta": 50000.0, "rope_scaling": null
        }
        """;

    [TestMethod]
    public void Every_number_is_read()
    {
        var config = Read(Llama);
        var expected = new ModelConfig
        {
            ModelType = "llama",
            VocabularySize = 100,
            HiddenSize = 64,
            IntermediateSize = 96,
            Layers = 3,
            Heads = 4,
            KeyValueHeads = 2,
            HeadSize = 16,
            NormEpsilon = 1e-5,
            RopeTheta = 50_000,
            MaxPositions = 512,
            TiedHead = true,
            EosTokenIds = config.EosTokenIds,
            BosTokenId = 1,
            PadTokenId = 3,
        };
        Assert.AreEqual(expected, config);
        CollectionAssert.AreEqual(new[] { 2, 5 }, config.EosTokenIds.ToArray());
    }

    [TestMethod]
    public void Both_spellings_are_one_model()
    {
        var newer = Edit(Llama, root =>
        {
            root.Remove("rope_theta");
            root.Remove("rope_scaling");
            root.Remove("torch_dtype");
            root["dtype"] = "float32";
            root["head_dim"] = 16;
            root["rope_parameters"] = new JsonObject { ["rope_theta"] = 50_000.0, ["rope_type"] = "default" };
        });
        var (a, b) = (Read(Llama), Read(newer));
        Assert.AreEqual(a, b with { EosTokenIds = a.EosTokenIds });
    }

    [TestMethod]
    public void What_a_llama_leaves_out_is_as_in_transformers()
    {
        var config = Read("""{"model_type": "llama"}""");
        Assert.AreEqual(
            (32_000, 4096, 11_008, 32, 32, 32, 128, 1e-6, 10_000.0, 2048, false, false, false),
            (config.VocabularySize, config.HiddenSize, config.IntermediateSize, config.Layers, config.Heads, config.KeyValueHeads, config.HeadSize, config.NormEpsilon, config.RopeTheta, config.MaxPositions, config.TiedHead, config.QkvBias, config.QkNorm));
        CollectionAssert.AreEqual(new[] { 2 }, config.EosTokenIds.ToArray());
        Assert.AreEqual((null, null), (config.BosTokenId, config.PadTokenId), "LlamaConfig's BOS of 1 may be any token of the vocabulary");
    }

    [TestMethod]
    public void What_a_qwen_leaves_out_is_as_in_transformers()
    {
        var (two, three) = (Read("""{"model_type": "qwen2"}"""), Read("""{"model_type": "qwen3", "hidden_size": 96}"""));
        Assert.AreEqual((151_936, 22_016, 32_768, 32, true, false, false), (two.VocabularySize, two.IntermediateSize, two.MaxPositions, two.KeyValueHeads, two.QkvBias, two.OutputBias, two.QkNorm));
        Assert.AreEqual((128, false, true), (three.HeadSize, three.QkvBias, three.QkNorm));
        Assert.AreEqual(0, two.EosTokenIds.Count);
    }

    [TestMethod]
    public void A_llama_without_key_value_heads_has_as_many_as_query_heads()
    {
        Assert.AreEqual(4, Read(Edit(Llama, root => root.Remove("num_key_value_heads"))).KeyValueHeads);
        Assert.AreEqual(4, Read(Edit(Llama, root => root["num_key_value_heads"] = null)).KeyValueHeads);
    }

    [TestMethod]
    public void Biases_are_where_the_family_has_them()
    {
        var llama = Read(Edit(Llama, root => (root["attention_bias"], root["mlp_bias"]) = (true, true)));
        Assert.AreEqual((true, true, true), (llama.QkvBias, llama.OutputBias, llama.MlpBias));
        var qwen = Read("""{"model_type": "qwen3", "attention_bias": true}""");
        Assert.AreEqual((true, true, false), (qwen.QkvBias, qwen.OutputBias, qwen.MlpBias));
    }

    [TestMethod]
    public void A_window_that_is_switched_off_is_none()
    {
        var config = Read("""{"model_type": "qwen2", "sliding_window": 8, "use_sliding_window": false, "max_window_layers": 1}""");
        Assert.AreEqual("qwen2", config.ModelType);
    }

    [TestMethod]
    public void A_negative_pad_id_counts_from_the_end() => Assert.AreEqual(99, Read(Edit(Llama, root => root["pad_token_id"] = -1)).PadTokenId);

    [TestMethod]
    public void Keys_that_nothing_reads_are_reported()
    {
        var json = ConfigJson.Parse("config.json", Encoding.UTF8.GetBytes("""{"model_type": "llama", "some_new_trick": 1}"""));
        ModelFamilies.Read(json);
        CollectionAssert.AreEqual(new[] { "some_new_trick" }, json.Unread.ToArray());
    }

    [TestMethod]
    public void An_unknown_architecture_is_named_with_the_supported_ones() => Refused(
        root => root["model_type"] = "gpt2",
        "config.json: 'model_type' is 'gpt2', an architecture that is not supported; supported are llama, qwen2, qwen3. Use a model of one of these families.");

    [TestMethod]
    public void A_missing_model_type_is_named() => Refused(
        root => root.Remove("model_type"),
        "config.json: 'model_type' is missing, so the architecture is unknown. Add it; supported are llama, qwen2, qwen3.");

    [TestMethod]
    public void A_classifier_is_refused() => Refused(
        root => root["architectures"] = new JsonArray("LlamaForSequenceClassification"),
        "config.json: 'architectures' names LlamaForSequenceClassification; model_type 'llama' is supported as LlamaForCausalLM only. Use a causal language model of that class.");

    [TestMethod]
    [DataRow("""{"rope_type": "llama3", "factor": 8.0}""", "llama3")]
    [DataRow("""{"type": "linear", "factor": 2.0}""", "linear")]
    [DataRow("""{"rope_type": "yarn", "factor": 4.0}""", "yarn")]
    public void Rope_scaling_is_refused_in_both_spellings(string rope, string type)
    {
        foreach (var key in new[] { "rope_scaling", "rope_parameters" })
        {
            Refused(
                root => root[key] = JsonNode.Parse(rope),
                $"config.json: '{key}' asks for rope scaling of type '{type}', which is not supported; only 'default' is. Use a model without rope scaling.");
        }
    }

    [TestMethod]
    public void Rope_parameters_by_kind_of_layer_are_refused() => Refused(
        root => root["rope_parameters"] = JsonNode.Parse("""{"full_attention": {"rope_theta": 1e6, "rope_type": "default"}}"""),
        "config.json: 'rope_parameters' has parameters for 'full_attention' layers of their own, which is not supported. Use a model with one set of rope parameters.");

    [TestMethod]
    public void Two_rope_thetas_that_differ_are_refused() => Refused(
        root => root["rope_parameters"] = JsonNode.Parse("""{"rope_theta": 1e6, "rope_type": "default"}"""),
        "config.json: 'rope_parameters' says rope_theta 1000000, elsewhere the file says 50000. Make them equal.");

    [TestMethod]
    public void Rope_on_a_part_of_the_head_is_refused() => Refused(
        root => root["rope_parameters"] = JsonNode.Parse("""{"rope_type": "default", "partial_rotary_factor": 0.5}"""),
        "config.json: 'rope_parameters' asks for a partial_rotary_factor other than 1, which is not supported. Use a model that rotates whole heads.");

    [TestMethod]
    public void An_active_window_is_refused() => Refused(
        root => (root["model_type"], root["architectures"], root["sliding_window"], root["use_sliding_window"]) = ("qwen2", null, 8, true),
        "config.json: 'use_sliding_window' is true, and attention windows are not supported. Set it to false if every sequence is shorter than the window; otherwise use a model without windows.");

    [TestMethod]
    public void A_window_without_switch_is_refused() => Refused(
        root => root["sliding_window"] = 4096,
        "config.json: 'sliding_window' is 4096, and attention windows are not supported. Set it to null if every sequence is shorter than the window; otherwise use a model without windows.");

    [TestMethod]
    public void A_layer_with_a_window_is_refused() => Refused(
        root => root["layer_types"] = new JsonArray("full_attention", "sliding_attention", "full_attention"),
        "config.json: 'layer_types' contains 'sliding_attention'; only 'full_attention' is supported. Use a model whose layers all have full attention.");

    [TestMethod]
    public void Layer_types_of_another_length_are_refused() => Refused(
        root => root["layer_types"] = new JsonArray("full_attention"),
        "config.json: 'layer_types' has 1 entries, but num_hidden_layers is 3. Make them agree.");

    [TestMethod]
    public void Another_activation_is_refused() => Refused(
        root => root["hidden_act"] = "gelu",
        "config.json: 'hidden_act' is 'gelu', which is not supported; only 'silu' is. Use a model with that activation.");

    [TestMethod]
    public void Dropout_is_refused() => Refused(
        root => root["attention_dropout"] = 0.1,
        "config.json: 'attention_dropout' is 0.1: dropout, which is not supported. Set it to 0: training here has no dropout, and results would differ from the reference's.");

    [TestMethod]
    public void Quantised_weights_are_refused() => Refused(
        root => root["quantization_config"] = JsonNode.Parse("""{"bits":4}"""),
        """config.json: 'quantization_config' is {"bits":4}: quantised weights, which is not supported. Use the model's unquantised files.""");

    [TestMethod]
    [DataRow("pretraining_tp", "2", "1")]
    [DataRow("final_logit_softcapping", "30.0", "null")]
    [DataRow("attn_logit_softcapping", "50.0", "null")]
    [DataRow("embedding_multiplier", "12", "1.0")]
    [DataRow("residual_multiplier", "0", "1")]
    [DataRow("attention_multiplier", "0.015625", "null")]
    [DataRow("logits_scaling", "8", "1")]
    [DataRow("lm_head_bias", "true", "false")]
    [DataRow("partial_rotary_factor", "0.5", "1.0")]
    [DataRow("rope_interleaved", "true", "false")]
    [DataRow("no_rope_layers", "[1, 0]", "[]")]
    [DataRow("num_local_experts", "8", "0")]
    [DataRow("auto_map", """{"AutoModel": "x.Y"}""", "{}")]
    [DataRow("hidden_dropout", "0.1", "0.0")]
    public void What_changes_the_computation_is_refused_by_name_and_its_neutral_value_is_not(string key, string active, string neutral)
    {
        Assert.AreEqual(3, Read(Edit(Llama, root => root[key] = JsonNode.Parse(neutral))).Layers);
        var refusal = Assert.ThrowsExactly<ModelFormatException>(() => Read(Edit(Llama, root => root[key] = JsonNode.Parse(active))));
        StringAssert.StartsWith(refusal.Message, $"config.json: '{key}' is ");
        StringAssert.Contains(refusal.Message, ", which is not supported. ");
    }

    [TestMethod]
    [DataRow("hidden_size", "0", "'hidden_size' is 0, not a whole number from 1 to 2147483647. Correct it, or download the file again.")]
    [DataRow("hidden_size", "-64", "'hidden_size' is -64, not a whole number from 1 to 2147483647. Correct it, or download the file again.")]
    [DataRow("hidden_size", "\"64\"", "'hidden_size' is \"64\", not a whole number from 1 to 2147483647. Correct it, or download the file again.")]
    [DataRow("vocab_size", "1e12", "'vocab_size' is 1e12, not a whole number from 1 to 2147483647. Correct it, or download the file again.")]
    [DataRow("rms_norm_eps", "0", "'rms_norm_eps' is 0, not a number above 0. Correct it, or download the file again.")]
    [DataRow("rope_theta", "1e999", "'rope_theta' is 1e999, not a number above 0. Correct it, or download the file again.")]
    [DataRow("tie_word_embeddings", "1", "'tie_word_embeddings' is 1, not true or false. Correct it, or download the file again.")]
    [DataRow("eos_token_id", "[2, \"x\"]", "'eos_token_id' is \"x\", not a token id or a list of them. Correct it, or download the file again.")]
    [DataRow("num_attention_heads", "5", "'num_attention_heads' is 5, which does not divide hidden_size 64, and there is no head_dim. Correct one of them, or add head_dim.")]
    [DataRow("num_key_value_heads", "3", "'num_key_value_heads' is 3, which does not divide num_attention_heads 4. Correct one of them.")]
    [DataRow("head_dim", "15", "'head_dim' is 15; rotary positions need an even size. Correct head_dim, or hidden_size and num_attention_heads.")]
    [DataRow("pad_token_id", "100", "'pad_token_id' is 100, outside the vocabulary of 100 rows. Set it to null or to an id below vocab_size.")]
    public void A_wrong_value_is_named(string key, string value, string problem) => Refused(root => root[key] = JsonNode.Parse(value), $"config.json: {problem}");

    [TestMethod]
    public void A_key_that_appears_twice_is_refused()
    {
        var refusal = Assert.ThrowsExactly<ModelFormatException>(() => Read("""{"model_type": "llama", "model_type": "qwen2"}"""));
        Assert.AreEqual("config.json: 'model_type' appears twice. Remove one of the two.", refusal.Message);
    }

    [TestMethod]
    [DataRow("""{"\ud800": 1}""", "config.json: has a key with half a character in it. Download the file again.")]
    [DataRow("""{"model_type": "\ud800"}""", "config.json: 'model_type' is \"\\ud800\", not text of whole characters. Correct it, or download the file again.")]
    public void Half_a_character_is_refused(string json, string message) =>
        Assert.AreEqual(message, Assert.ThrowsExactly<ModelFormatException>(() => Read(json)).Message);

    [TestMethod]
    public void A_file_that_is_no_JSON_is_refused()
    {
        var refusal = Assert.ThrowsExactly<ModelFormatException>(() => Read("{ model_type"));
        StringAssert.StartsWith(refusal.Message, "config.json: is not valid JSON (");
    }

    private static ModelConfig Read(string json) => ModelFamilies.Read("config.json", Encoding.UTF8.GetBytes(json));

    private static string Edit(string json, Action<JsonObject> edit)
    {
        var root = JsonNode.Parse(json)!.AsObject();
        edit(root);
        return root.ToJsonString();
    }

    private static void Refused(Action<JsonObject> edit, string message)
    {
        var refusal = Assert.ThrowsExactly<ModelFormatException>(() => Read(Edit(Llama, edit)));
        Assert.AreEqual(message, refusal.Message);
    }
}
