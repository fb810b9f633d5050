using System.Collections.Concurrent;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Grpo;

/// <summary>Reads a saved <see cref="TextGenerator"/> back.</summary>
/// <param name="environment">The environment that the model is loaded into: device options, temporary files, log.</param>
/// <param name="directory">Holds the entries as files; it is deleted when the loader returns.</param>
/// <param name="settingsJson">What <see cref="TextGenerator.SettingsJson"/> was.</param>
internal delegate TextGenerator TextGeneratorLoader(IHostEnvironment environment, string directory, string settingsJson);

/// <summary>The kinds of <see cref="TextGenerator"/> that a model file may hold. Thread-safe.</summary>
internal static class TextGeneratorLoaders
{
    private static readonly ConcurrentDictionary<string, TextGeneratorLoader> Loaders =
        new(StringComparer.Ordinal)
        {
            [PolicyTextGenerator.KindName] = PolicyTextGenerator.Load,
            [PolicyTextGenerator.AdaptedKindName] = PolicyTextGenerator.LoadAdapted,
        };

    /// <summary>Adds a kind, or replaces its loader.</summary>
    internal static void Register(string kind, TextGeneratorLoader loader) => Loaders[kind] = loader;

    /// <summary>Finds the loader of a kind.</summary>
    /// <exception cref="InvalidDataException">The kind is not known.</exception>
    internal static TextGeneratorLoader Get(string kind) => Loaders.TryGetValue(kind, out var loader)
        ? loader
        : throw new InvalidDataException(
            $"The model holds a text generator of kind '{kind}', which this version of Microsoft.ML.Grpo does not know. "
            + "It was written by a newer version: update the package.");
}
