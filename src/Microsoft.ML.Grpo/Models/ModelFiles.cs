namespace Microsoft.ML.Grpo;

/// <summary>
/// The small files of a model directory, all but the weights, by name. They are kept with the model, so that one that was
/// loaded from an archive can be saved as a directory again, byte for byte.
/// </summary>
/// <param name="Contents">File name to bytes; holds at least <c>config.json</c>.</param>
/// <param name="Origin">What the files came from, as it was given; for errors.</param>
internal sealed record ModelFiles(IReadOnlyDictionary<string, byte[]> Contents, string Origin)
{
    public const string Config = "config.json";
    public const string Weights = "model.safetensors";

    /// <summary>Every name that is kept, in the order in which they are written.</summary>
    public static IReadOnlyList<string> Known { get; } =
    [
        Config, GenerationConfig.FileName, "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "vocab.json", "merges.txt", "tokenizer.model", "chat_template.jinja", "chat_template.json",
    ];

    public byte[]? Find(string name) => Contents.GetValueOrDefault(name);

    /// <summary>The file's bytes.</summary>
    /// <exception cref="FileNotFoundException">The model has no such file.</exception>
    public byte[] Get(string name) => Find(name) ?? throw Missing(Origin, name);

    /// <summary>Where a file lies, for errors.</summary>
    public string PathOf(string name) => Path.Combine(Origin, name);

    /// <summary>Reads the known files that the directory has.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    /// <exception cref="FileNotFoundException">It has no config.json.</exception>
    public static ModelFiles Read(string directory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        if (!Directory.Exists(directory))
        {
            throw File.Exists(directory) ? NotADirectory(directory) : new DirectoryNotFoundException($"Model directory '{directory}' does not exist. Give the path of {Layout}.");
        }

        var contents = Known
            .Where(name => File.Exists(Path.Combine(directory, name)))
            .ToDictionary(name => name, name => File.ReadAllBytes(Path.Combine(directory, name)), StringComparer.Ordinal);
        if (contents.ContainsKey(Config))
        {
            return new(contents, directory);
        }

        throw !File.Exists(Path.Combine(directory, PeftNames.Config))
            ? Missing(directory, Config)
            : new FileNotFoundException($"'{directory}' holds an adapter ({PeftNames.Config}) and no model. Give the directory of the model that it was trained on as the model, and this one as the adapter.", Path.Combine(directory, Config));
    }

    private static ModelFormatException NotADirectory(string path) => new(
        path, WeightFile.IsPickle(path) ? $"is {WeightFile.Pickle}" : $"is a file, and not one of the GGUF format by its name. Give the path of {Layout}, or of a {GgufModel.Extension} file.");

    internal static FileNotFoundException Missing(string origin, string name) =>
        new($"'{origin}' holds no {name}. Give the path of {Layout}.", Path.Combine(origin, name));

    private const string Layout = "a Hugging Face model directory, with config.json, model.safetensors, tokenizer.json and tokenizer_config.json";
}
