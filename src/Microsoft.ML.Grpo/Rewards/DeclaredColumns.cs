using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Microsoft.ML.Grpo;

/// <summary>The columns of a row that rewards declare, by name. One that is missing is answered with the remedy.</summary>
internal sealed class DeclaredColumns(IReadOnlyDictionary<string, object?> values) : IReadOnlyDictionary<string, object?>
{
    public IEnumerable<string> Keys => values.Keys;

    public IEnumerable<object?> Values => values.Values;

    public int Count => values.Count;

    /// <exception cref="UndeclaredColumnException">No reward declares the column.</exception>
    public object? this[string key] => values.TryGetValue(key, out var value)
        ? value
        : throw new UndeclaredColumnException(
            key,
            $"Pass it when the reward is made: columns: [\"{key}\"]. Columns that were read: {(Count == 0 ? "none" : string.Join(", ", Keys.Order(StringComparer.Ordinal)))}.");

    public bool ContainsKey(string key) => values.ContainsKey(key);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out object? value) => values.TryGetValue(key, out value);

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
