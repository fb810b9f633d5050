using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>A language model with its tokenizer and its way of turning a prompt into tokens.</summary>
internal sealed class Policy : IDisposable
{
    private readonly PretrainedModel _model;

    private Policy(PretrainedModel model, PromptFormat format, string? systemPrompt, IReadOnlyCollection<int> stopTokenIds)
    {
        _model = model;
        var files = model.Files;
        var config = files.Find("tokenizer_config.json") is { } json ? TokenizerConfig.Read(json, files.PathOf("tokenizer_config.json")) : TokenizerConfig.Empty;
        Tokenizer = PolicyTokenizer.Read(files.Get("tokenizer.json"), config, files.PathOf("tokenizer.json"));
        CheckVocabulary(model.Config, files);
        var template = format == PromptFormat.Raw ? null : ChatTemplate.Find(files.Find("chat_template.jinja"), config, files.Origin);
        Prompts = new(Tokenizer, template, format, systemPrompt);
        StopIds = StopTokens.Resolve(
            stopTokenIds.Count > 0 ? [.. stopTokenIds] : null, model.EosTokenIds, [], Tokenizer, Prompts.Template, model.Config.VocabularySize).ToHashSet();
    }

    /// <summary>The network; owned by this object.</summary>
    public CausalLM Network => _model.Network;

    /// <summary>The model and its files; owned by this object.</summary>
    public PretrainedModel Model => _model;

    public PolicyTokenizer Tokenizer { get; }

    /// <summary>Turns the text of a prompt column into ids.</summary>
    public PromptBuilder Prompts { get; }

    /// <summary>Ids that end a completion.</summary>
    public IReadOnlySet<int> StopIds { get; }

    /// <summary>Ids that end a completion by the model's own files, whatever the options name instead; may be none.</summary>
    public IReadOnlyList<int> ModelStopIds => [.. StopTokens.OfModel(_model.EosTokenIds, Tokenizer, Prompts.Template)];

    /// <summary>Reads a Hugging Face directory.</summary>
    public static Policy Load(string directory, ScalarType dtype, Device device, PromptFormat format, string? systemPrompt, IReadOnlyCollection<int> stopTokenIds) =>
        Of(PretrainedModel.Load(directory, dtype, device), format, systemPrompt, stopTokenIds);

    /// <summary>Takes ownership of a model, and disposes it if its tokenizer cannot be used.</summary>
    public static Policy Of(PretrainedModel model, PromptFormat format, string? systemPrompt, IReadOnlyCollection<int> stopTokenIds)
    {
        try
        {
            return new(model, format, systemPrompt, stopTokenIds);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    public void Dispose() => _model.Dispose();

    // Otherwise the first text with such a token would fail inside the native library, which names neither file nor token.
    private void CheckVocabulary(ModelConfig config, ModelFiles files)
    {
        if (Tokenizer.VocabularySize > config.VocabularySize)
        {
            throw new ModelFormatException(
                files.PathOf("tokenizer.json"),
                $"its largest token id is {Tokenizer.VocabularySize - 1}, but the model has weights for the ids below {config.VocabularySize} only (vocab_size in config.json). "
                + "Use the tokenizer that belongs to the model, or take the tokens added beyond its vocabulary out.");
        }
    }
}
