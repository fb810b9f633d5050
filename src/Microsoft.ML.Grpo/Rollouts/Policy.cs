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
        Tokenizer = PolicyTokenizer.Load(model.Files.Find, model.Files.Origin);
        var template = ChatTemplate.Find(model.Files.Find, model.Files.Origin, format);
        Prompts = new(Tokenizer, template, format, systemPrompt);
        StopIds = StopTokens.Resolve(model.EosTokenIds, Tokenizer, Prompts.Template, stopTokenIds);
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
}
