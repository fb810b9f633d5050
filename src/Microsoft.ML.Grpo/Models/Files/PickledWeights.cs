namespace Microsoft.ML.Grpo;

/// <summary>Recognises weights that Python pickled, by their names: they are never opened.</summary>
internal static class PickledWeights
{
    private const string Reason = "a Python pickle, which can run any code when it is read and is therefore not supported";
    private const string Remedy = "Convert it: in Python, load the model and call save_pretrained(directory, safe_serialization=True).";

    private static readonly string[] Endings = [".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"];
    private static readonly string[] StateOfTraining = ["optimizer", "scheduler", "scaler", "rng_state", "training_args"];

    /// <summary>Whether a file's name is that of a pickle: <c>pytorch_model.bin</c>, <c>consolidated.00.pth</c> and so on.</summary>
    public static bool Is(string path) => Endings.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>The first pickle of a directory that is no state of a training run; null if there is none.</summary>
    public static string? Find(string directory) => Directory.EnumerateFiles(directory).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)
        .FirstOrDefault(name => Is(name) && !StateOfTraining.Any(state => name.StartsWith(state, StringComparison.Ordinal)));

    public static ModelFormatException Error(string path) => new(path, $"is {Reason}. {Remedy}");

    public static FileNotFoundException ErrorOf(string directory, string name) =>
        new($"'{directory}' holds its weights as {name}, {Reason}. {Remedy}", Path.Combine(directory, ModelFiles.Weights));
}
