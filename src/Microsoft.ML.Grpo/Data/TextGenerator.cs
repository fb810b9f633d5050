namespace Microsoft.ML.Grpo;

/// <summary>
/// What a <see cref="GrpoTransformer"/> needs of a policy: text in, text out, and a way to be saved. The transformer
/// owns it, never calls it from two threads at once, but may call it from any thread.
/// </summary>
internal abstract class TextGenerator : IDisposable
{
    /// <summary>The name under which <see cref="TextGeneratorLoaders"/> knows how to load it.</summary>
    public abstract string Kind { get; }

    /// <summary>The largest number of prompts that one call of <see cref="Generate"/> takes; at least 1.</summary>
    public abstract int BatchSize { get; }

    /// <summary>Its settings as one JSON object, saved with the model: no paths, no secrets.</summary>
    public abstract string SettingsJson { get; }

    /// <summary>The adapter beside its weights; null if there is none.</summary>
    public virtual AdapterFacts? Adapter => null;

    /// <summary>How a policy completes prompts; null of what is no policy.</summary>
    public virtual GenerationSettings? Generation => null;

    /// <summary>Completes prompts. A result depends on its own prompt alone, not on those beside it.</summary>
    /// <param name="prompts">1 to <see cref="BatchSize"/> prompts.</param>
    /// <param name="firstRow">Position of the first prompt in its data, for errors; null if it stands in no data.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <returns>One completion a prompt, in order.</returns>
    /// <exception cref="ArgumentException">A prompt is empty, or too long for the model.</exception>
    public abstract IReadOnlyList<GeneratedText> Generate(IReadOnlyList<string> prompts, long? firstRow, CancellationToken cancellationToken);

    /// <summary>Saves everything but <see cref="SettingsJson"/>.</summary>
    /// <param name="entries">Takes the files that the loader of this <see cref="Kind"/> finds again.</param>
    public abstract void Save(IModelEntryWriter entries);

    /// <summary>Writes the policy as a Hugging Face directory.</summary>
    /// <param name="directory">Where to.</param>
    /// <param name="type">Type of the weights there; null: that of the files that the model came from.</param>
    public abstract SavedWeights SavePretrained(string directory, WeightType? type);

    /// <summary>Writes the policy as a GGUF file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Types and names.</param>
    public abstract void SaveGguf(string path, GgufOptions options);

    /// <summary>Writes the policy's adapter as a PEFT directory.</summary>
    /// <param name="directory">Where to.</param>
    /// <param name="type">Type of the matrices there.</param>
    /// <exception cref="InvalidOperationException">It has no adapter.</exception>
    public abstract SavedWeights SaveAdapter(string directory, WeightType type);

    /// <summary>Writes the policy's adapter as a GGUF file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidOperationException">It has no adapter.</exception>
    public abstract void SaveAdapterGguf(string path);

    /// <inheritdoc/>
    public abstract void Dispose();
}
