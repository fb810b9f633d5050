using System.Buffers;

namespace Microsoft.ML.Grpo;

/// <summary>The rule for names of entries: they become files, so none may lead out of its directory.</summary>
internal static class EntryName
{
    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <exception cref="InvalidDataException">The name is not a plain file name.</exception>
    internal static void Check(string name)
    {
        // "Model.key" is ML.NET's own entry.
        if (string.IsNullOrEmpty(name) || name.Length > 128 || name[0] == '.' || name.AsSpan().ContainsAnyExcept(Allowed)
            || name.Equals("Model.key", StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidDataException(
                $"'{name}' cannot name an entry of a model: use 1 to 128 letters, digits, '.', '_' or '-', not beginning with '.', and not 'Model.key'.");
        }
    }
}
