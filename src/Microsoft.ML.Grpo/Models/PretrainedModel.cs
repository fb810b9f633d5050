using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>A language model as a Hugging Face directory holds it: the network, its config, and the small files beside it.</summary>
internal sealed class PretrainedModel : IDisposable
{
    private PretrainedModel(CausalLM network, ModelFiles files, IReadOnlyList<string> unusedConfigKeys, WeightType storedAs, WeightOrigin? origin)
    {
        Network = network;
        Files = files;
        StoredAs = storedAs;
        Origin = origin;
        EosTokenIds = [.. network.Config.EosTokenIds.Union(GenerationConfig.Read(files).EosTokenIds)];
        UnusedConfigKeys = unusedConfigKeys;
    }

    /// <summary>The network; owned by this object.</summary>
    public CausalLM Network { get; }

    public ModelConfig Config => Network.Config;

    /// <summary>config.json, the tokenizer and so on, unchanged.</summary>
    public ModelFiles Files { get; }

    /// <summary>Ids that end a completion after config.json and generation_config.json, each once.</summary>
    public IReadOnlyList<int> EosTokenIds { get; }

    /// <summary>Keys of config.json that nothing here reads and that are not known to be harmless; for the log.</summary>
    public IReadOnlyList<string> UnusedConfigKeys { get; }

    /// <summary>The type of the weights where the model came from: what config.json says, else that of most of them.</summary>
    public WeightType StoredAs { get; }

    /// <summary>Where the weights were loaded from; null for a model that came out of an archive.</summary>
    public WeightOrigin? Origin { get; }

    /// <summary>Loads a model directory or a GGUF file.</summary>
    /// <param name="path">
    /// A directory that holds config.json and model.safetensors, or shards with their index, and a tokenizer's files if text is to be handled; or a GGUF file, or a directory with one.
    /// </param>
    /// <param name="dtype">Type of the weights in memory; files of F32, F16, BF16 and F64 are converted.</param>
    /// <param name="device">Where the weights shall lie.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    /// <exception cref="FileNotFoundException">It lacks config.json or weights.</exception>
    /// <exception cref="ModelFormatException">A file is damaged, or asks for what is not supported.</exception>
    public static PretrainedModel Load(string path, ScalarType dtype, Device device)
    {
        using var gguf = GgufModel.Find(path) is { } file ? GgufFile.Open(file) : null;
        var files = gguf is null ? ModelFiles.Read(path) : GgufModel.Files(gguf);
        var (config, unused) = ReadConfig(files);
        var origin = WeightOrigin.Of(path);
        using var weights = gguf is null ? WeightFile.Open(path) : new GgufWeights(gguf, config);
        var storedAs = StoredType(files, weights);
        return new(new CausalLM(config, WeightLoader.Load(weights, config, dtype, device)), files, unused, storedAs, origin);
    }

    /// <summary>Opens the weights of a model directory or a GGUF file.</summary>
    /// <exception cref="IOException">They are not there, or damaged.</exception>
    public static IWeightSource OpenWeights(string path, ModelConfig config) => GgufModel.Find(path) is { } file
        ? new GgufWeights(GgufFile.Open(file), config)
        : WeightFile.Open(path);

    /// <summary>Loads a model from files in memory and a stream of weights, as an archive gives them.</summary>
    /// <param name="files">The small files.</param>
    /// <param name="weights">The content of model.safetensors; seekable; disposed.</param>
    /// <param name="dtype">Type of the weights in memory.</param>
    /// <param name="device">Where the weights shall lie.</param>
    /// <param name="network">Builds the network round its weights and takes ownership of them, such as one that reads further inputs; null: a <see cref="CausalLM"/>.</param>
    /// <exception cref="ModelFormatException">A file is damaged, or asks for what is not supported.</exception>
    public static PretrainedModel Load(
        ModelFiles files, Stream weights, ScalarType dtype, Device device, Func<ModelConfig, IReadOnlyDictionary<string, Tensor>, CausalLM>? network = null)
    {
        using var source = new SafetensorsReader(weights, files.PathOf(ModelFiles.Weights));
        return Load(files, source, dtype, device, network);
    }

    /// <inheritdoc cref="Load(ModelFiles, Stream, ScalarType, Device, Func{ModelConfig, IReadOnlyDictionary{string, Tensor}, CausalLM}?)"/>
    public static PretrainedModel Load(
        ModelFiles files, IWeightSource weights, ScalarType dtype, Device device, Func<ModelConfig, IReadOnlyDictionary<string, Tensor>, CausalLM>? network = null)
    {
        var (config, unused) = ReadConfig(files);
        var storedAs = StoredType(files, weights);
        var loaded = WeightLoader.Load(weights, config, dtype, device);
        return new(network is null ? new CausalLM(config, loaded) : network(config, loaded), files, unused, storedAs, null);
    }

    /// <summary>A copy of the network, adapter included, with the same files.</summary>
    /// <param name="dtype">Type of the copy's weights.</param>
    /// <param name="device">Where they shall lie.</param>
    public PretrainedModel Copy(ScalarType dtype, Device device) => new(Network.Copy(dtype, device), Files, UnusedConfigKeys, StoredAs, Origin);

    /// <inheritdoc cref="ModelDirectory.Save(string, CausalLM, ModelFiles, ScalarType)"/>
    public void SavePretrained(string directory, ScalarType storedAs = ScalarType.Float32) =>
        ModelDirectory.Save(directory, Network, Files, storedAs);

    public void Dispose() => Network.Dispose();

    private static WeightType StoredType(ModelFiles files, IWeightSource weights) =>
        StoredDtype.Find(files.PathOf(ModelFiles.Config), files.Get(ModelFiles.Config)) ?? weights.StoredAs.ToWeightType();

    private static (ModelConfig Config, IReadOnlyList<string> Unused) ReadConfig(ModelFiles files)
    {
        var json = ConfigJson.Parse(files.PathOf(ModelFiles.Config), files.Get(ModelFiles.Config));
        var config = ModelFamilies.Read(json);
        _ = GenerationConfig.Read(files); // a damaged one is reported before the weights are read
        return (config, [.. json.Unread.Where(key => !HarmlessConfig.Contains(key))]);
    }
}
