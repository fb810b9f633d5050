namespace Microsoft.ML.Grpo;

/// <summary>
/// What of <c>generation_config.json</c> is heeded: the ids that end a completion. Its temperature and truncation are not:
/// sampling with them would train another distribution than the one that is meant.
/// </summary>
/// <param name="EosTokenIds">Ids that end a completion; empty when the file is absent or names none.</param>
internal sealed record GenerationConfig(IReadOnlyList<int> EosTokenIds)
{
    public const string FileName = "generation_config.json";

    /// <exception cref="ModelFormatException">The file is not JSON, or an id is not a whole number.</exception>
    public static GenerationConfig Read(ModelFiles files) => files.Find(FileName) is { } bytes
        ? new(ConfigJson.Parse(files.PathOf(FileName), bytes).TokenIds("eos_token_id"))
        : new([]);
}
