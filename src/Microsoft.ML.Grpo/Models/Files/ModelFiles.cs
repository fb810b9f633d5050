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
    /// <exception cref="ModelFormatException">A file is given in the place of a directory, a link leads out of it, or a file is too large.</exception>
    public static ModelFiles Read(string directory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        if (!Directory.Exists(directory))
        {
            throw NoDirectory(directory);
        }

        var contents = Known
            .Select(name => (Name: name, Path: ModelFolder.Find(directory, name)))
            .Where(file => file.Path is not null)
            .ToDictionary(file => file.Name, file => SmallFile.Read(file.Path!), StringComparer.Ordinal);
        if (contents.ContainsKey(Config))
        {
            return new(contents, directory);
        }

        throw !File.Exists(Path.Combine(directory, PeftNames.Config))
            ? Missing(directory, Config)
            : new FileNotFoundException($"'{directory}' holds an adapter ({PeftNames.Config}) and no model. Give the directory of the model that it was trained on as the model, and this one as the adapter.", Path.Combine(directory, Config));
    }

    internal static FileNotFoundException Missing(string origin, string name) =>
        new($"'{origin}' holds no {name}. Give the path of {Layout}.", Path.Combine(origin, name));

    private static IOException NoDirectory(string path) =>
        !File.Exists(path) ? new DirectoryNotFoundException($"Model directory '{path}' does not exist. Give the path of {Layout}.")
        : PickledWeights.Is(path) ? PickledWeights.Error(path)
        : FileStart.Is(path, FileStart.Zip) ? new ModelFormatException(path, "is a zip archive. Load a policy that was saved with Model.Save by ml.Model.Load; unpack any other.")
        : new ModelFormatException(path, $"is a file, and no GGUF one. Give the path of the directory that it lies in: {Layout}.");

    private const string Layout = "a Hugging Face model directory, with config.json, model.safetensors, tokenizer.json and tokenizer_config.json, or of a .gguf file";
}
