using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Completes prompts with a policy. A draw is a function of the seed and the prompt itself, so a completion depends
/// neither on the place of its row nor on the rows beside it.
/// </summary>
internal sealed class PolicyTextGenerator(Policy policy, GenerationSettings settings) : TextGenerator
{
    internal const string KindName = "policy";

    // A kind of its own, since a version that knows no adapters would leave the adapter's entries lie and complete with the bare model.
    internal const string AdaptedKindName = "policy+lora";

    private readonly InProcessEngine _engine = new(policy.Network, new(), WorkPurpose.Generation, WorkPurpose.Generation);

    /// <summary>The policy; owned by this object.</summary>
    public Policy Policy => policy;

    /// <summary>Tokens that went through the network so far.</summary>
    public long TokensForwarded => _engine.Work.Tokens(WorkPurpose.Generation);

    /// <summary>How tokens are drawn unless somebody asks for something else.</summary>
    public SamplingParameters Sampling { get; } = new()
    {
        Temperature = settings.Temperature,
        TopK = settings.TopK,
        TopP = settings.TopP,
        MinP = settings.MinP,
        MaxTokens = settings.MaxCompletionTokens,
        StopIds = policy.StopIds,
    };

    public override string Kind => policy.Network.Adapter is null ? KindName : AdaptedKindName;

    public override AdapterFacts? Adapter { get; } = AdapterFacts.Of(policy.Network);

    public override GenerationSettings Generation => settings;

    public override int BatchSize => settings.BatchSize;

    public override string SettingsJson => settings.ToJson();

    /// <summary>Reads a saved policy back: the model directory that <see cref="Save"/> wrote.</summary>
    public static TextGenerator Load(IHostEnvironment environment, string directory, string settingsJson) =>
        Load(environment, directory, settingsJson, adapted: false);

    /// <summary>The same for a policy with an adapter, whose files lie beside those of the model.</summary>
    public static TextGenerator LoadAdapted(IHostEnvironment environment, string directory, string settingsJson) =>
        Load(environment, directory, settingsJson, adapted: true);

    /// <summary>A policy with copies of this one's weights, adapter included, and its tokenizer.</summary>
    public Policy CopyPolicy(ScalarType dtype, Device device, PromptFormat format, string? systemPrompt, IReadOnlyCollection<int> stopTokenIds) =>
        Policy.Of(policy.Model.Copy(dtype, device), format, systemPrompt, stopTokenIds);

    private static PolicyTextGenerator Load(IHostEnvironment environment, string directory, string settingsJson, bool adapted)
    {
        var settings = GenerationSettings.FromJson(settingsJson);
        TorchRuntime.Initialize();
        using var channel = environment.Register(nameof(GrpoTransformer)).Start("Load");
        var device = TorchDevice.Of(environment, new ChannelLogger(channel));
        var loaded = Policy.Load(directory, settings.Precision.ToScalarType(), device, settings.PromptFormat, settings.SystemPrompt, settings.StopTokenIds);
        try
        {
            if (adapted)
            {
                loaded.Network.Attach(PeftDirectory.Load(directory, loaded.Network));
            }

            loaded.Network.ComputeIn(settings.ComputeType, frozen: true);
            return new(loaded, settings);
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    public override IReadOnlyList<GeneratedText> Generate(IReadOnlyList<string> prompts, long? firstRow, CancellationToken cancellationToken)
    {
        var request = Request(prompts.Select((prompt, i) => Encode(prompt, firstRow + i)), Sampling, settings.Seed);
        return [.. _engine.Sample(request, cancellationToken).Select(group => ToText(group.Completions[0]))];
    }

    /// <summary>Completes one prompt, as <see cref="Generate"/> would with this sampling and seed.</summary>
    /// <param name="prompt">The prompt, shorter than the context.</param>
    /// <param name="sampling">How tokens are drawn.</param>
    /// <param name="seed">The seed of the draws.</param>
    /// <param name="goesOn">Hears of each token as it is drawn, and says whether the completion may go on.</param>
    /// <param name="cancellationToken">Stops between two tokens.</param>
    public Completion Complete(IReadOnlyList<int> prompt, SamplingParameters sampling, long seed, Func<int, bool> goesOn, CancellationToken cancellationToken) =>
        _engine.Sample(Request([prompt], sampling, seed), cancellationToken, (_, _, id) => goesOn(id))[0].Completions[0];

    public override void Save(IModelEntryWriter entries)
    {
        foreach (var (name, bytes) in policy.Model.Files.Contents)
        {
            entries.WriteBinary(name, stream => stream.Write(bytes));
        }

        var (network, storedAs) = (policy.Network, settings.Precision.ToScalarType());
        entries.WriteBinary(ModelFiles.Weights, stream => SafetensorsWriter.Write(stream, network.Parameters, storedAs));
        if (network.Adapter is { } adapter)
        {
            // No name of the base model, which may be a path of this machine: the base lies beside it.
            entries.WriteBinary(PeftNames.Config, stream => stream.Write(PeftConfig.Write(adapter, network, baseModel: null)));
            entries.WriteBinary(PeftNames.Weights, stream => SafetensorsWriter.Write(stream, adapter.Parameters, storedAs));
        }
    }

    public override SavedWeights SavePretrained(string directory, WeightType? type)
    {
        // Before anything is written: the directory may be the one that the model came from.
        var saved = PolicyRounding.OfModel(policy, type ?? policy.Model.StoredAs);
        policy.Model.SavePretrained(directory, saved.Type.ToScalarType());
        return saved;
    }

    public override void SaveGguf(string path, GgufOptions options) =>
        GgufExport.Save(path, policy.Network, policy.Model.Files, policy.ModelStopIds, options);

    public override SavedWeights SaveAdapter(string directory, WeightType type)
    {
        var network = Adapted;
        var saved = PolicyRounding.OfAdapter(policy, type);
        PeftDirectory.Save(directory, network, type.ToScalarType());
        return saved;
    }

    public override void SaveAdapterGguf(string path) => GgufAdapter.Save(path, Adapted);

    public override void Dispose() => policy.Dispose();

    private CausalLM Adapted => policy.Network.Adapter is not null ? policy.Network : throw new InvalidOperationException(
        "The policy has no adapter to save: all of its weights were trained, or none. Save it whole with SavePretrained, or train with GrpoOptions.Lora = new().");

    private int[] Encode(string prompt, long? row)
    {
        var place = row is null ? "" : $" of row {row} (counted from 0)";
        // As in training, where a prompt of nothing but white space is refused too.
        if (string.IsNullOrWhiteSpace(prompt))
        {
            throw new ArgumentException($"The prompt{place} is empty. Fill the prompt column{(row is null ? "" : ", or filter such rows out")}.");
        }

        int[] ids = [.. policy.Prompts.Build(prompt)];
        var context = policy.Network.Config.MaxPositions;
        return ids.Length < context
            ? ids
            : throw new ArgumentException(
                $"The prompt{place} has {ids.Length} tokens, but the model's context is {context} tokens in all, completion included. Shorten it{(row is null ? "" : ", or filter such rows out")}.");
    }

    private GeneratedText ToText(Completion completion) =>
        new(policy.Tokenizer.Decode(completion.Ids), (float)completion.LogProb, completion.FinishReason);

    private static RolloutRequest Request(IEnumerable<IReadOnlyList<int>> prompts, SamplingParameters sampling, long seed) =>
        new([.. prompts.Select(prompt => new RolloutPrompt(Place(prompt), prompt))], 1, sampling, new RunRandom(seed), DrawPurpose.Generation, 0);

    // The prompt's own place among the draws: a hash of it (FNV-1a). Should two prompts share one, they share draws, no more.
    private static int Place(IReadOnlyList<int> ids) => (int)(ids.Aggregate(2166136261u, (hash, id) => unchecked((hash ^ (uint)id) * 16777619u)) >> 1);
}
