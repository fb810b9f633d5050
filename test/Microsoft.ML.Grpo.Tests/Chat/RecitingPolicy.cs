using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>
/// A policy whose next token follows from the last one alone: after the end of a prompt it says a text byte by byte, and then stops or begins
/// again. So what it says is known to the letter, at any temperature, and it may go on as long as its context.
/// </summary>
internal static class RecitingPolicy
{
    public const int End = 256, Start = 257, Vocabulary = 258;

    /// <summary>What every prompt ends with, in ChatML and in the raw prompts of the tests.</summary>
    private const byte EndOfPrompt = (byte)'\n';

    private const string ChatML =
        "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    /// <summary>A template that takes earlier turns of the assistant out, as Qwen3's does in part.</summary>
    public const string ForgetfulChatML =
        "{% for message in messages %}{% if message['role'] != 'assistant' %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endif %}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    /// <summary>A transformer that recites.</summary>
    /// <param name="text">What it says: no byte of its UTF-8 twice, and no line end.</param>
    /// <param name="endless">Whether it begins again, in place of stopping.</param>
    /// <param name="context">Tokens of a conversation, answer included.</param>
    /// <param name="format">How it reads prompts.</param>
    /// <param name="systemPrompt">Its own system prompt.</param>
    /// <param name="template">Its chat template.</param>
    /// <param name="maxTokens">Most tokens of an answer.</param>
    /// <param name="stopId">The token that it stops with.</param>
    public static GrpoTransformer Create(
        string text, bool endless = false, int context = 400, PromptFormat format = PromptFormat.Auto, string? systemPrompt = null, string template = ChatML, int maxTokens = 50, int stopId = End) =>
        TransformerFixture.Transformer(new MLContext(seed: 1), Generator(text, endless, context, format, systemPrompt, template, maxTokens, stopId));

    /// <inheritdoc cref="Create"/>
    public static PolicyTextGenerator Generator(
        string text, bool endless = false, int context = 400, PromptFormat format = PromptFormat.Auto, string? systemPrompt = null, string template = ChatML, int maxTokens = 50, int stopId = End)
    {
        var settings = new GenerationSettings { Temperature = 0, MaxCompletionTokens = maxTokens, BatchSize = 8, Seed = 1, Precision = Precision.Float32, PromptFormat = format };
        return new(Policy.Of(Model(text, endless, context, template, stopId), format, systemPrompt, stopId == End ? [] : [stopId]), settings);
    }

    private static PretrainedModel Model(string text, bool endless, int context, string template, int stopId)
    {
        var config = $$"""
            {
              "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": {{Vocabulary}}, "intermediate_size": 8, "num_attention_heads": 2, "head_dim": 4,
              "num_key_value_heads": 1, "num_hidden_layers": 1, "vocab_size": {{Vocabulary}}, "max_position_embeddings": {{context}}, "rms_norm_eps": 1e-05,
              "rope_theta": 10000.0, "tie_word_embeddings": false, "eos_token_id": {{End}}
            }
            """;
        var tokenizer = TinyTokenizer.Json();
        tokenizer["added_tokens"] = new JsonArray(TinyTokenizer.Added(End, "<|im_end|>"), TinyTokenizer.Added(Start, "<|im_start|>"));
        var files = new ModelFiles(
            new Dictionary<string, byte[]>
            {
                [ModelFiles.Config] = Encoding.UTF8.GetBytes(config),
                ["tokenizer.json"] = JsonSerializer.SerializeToUtf8Bytes(tokenizer),
                ["tokenizer_config.json"] = JsonSerializer.SerializeToUtf8Bytes(new { chat_template = template }),
            },
            "reciting");
        using var scope = NewDisposeScope();
        using var model = RandomModel.Create(RandomModel.Config with
        {
            VocabularySize = Vocabulary, HiddenSize = Vocabulary, IntermediateSize = 8, Layers = 1, Heads = 2, KeyValueHeads = 1, HeadSize = 4, TiedHead = false,
        });
        var weights = new Dictionary<string, Tensor>(model.Parameters)
        {
            ["model.embed_tokens.weight"] = eye(Vocabulary),
            ["model.norm.weight"] = ones(Vocabulary),
            ["model.layers.0.self_attn.o_proj.weight"] = zeros(Vocabulary, 8),
            ["model.layers.0.mlp.down_proj.weight"] = zeros(Vocabulary, 8),
            ["lm_head.weight"] = Successors(Encoding.UTF8.GetBytes(text), endless, stopId),
        };
        var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, weights, ScalarType.Float32);
        stream.Position = 0;
        return PretrainedModel.Load(files, stream, ScalarType.Float32, CPU);
    }

    /// <summary>[next, last]: 10 where a token follows another, which the norm makes a logit of 160.</summary>
    private static Tensor Successors(byte[] text, bool endless, int stopId)
    {
        CollectionAssert.AllItemsAreUnique(text);
        var next = new float[Vocabulary, Vocabulary];
        var last = (int)EndOfPrompt;
        foreach (var item in text)
        {
            next[item, last] = 10;
            last = item;
        }

        next[endless ? text[0] : stopId, last] = 10;
        return tensor(next);
    }
}
