using System.Globalization;

namespace Microsoft.ML.Grpo;

/// <summary>Names of tokens that are their numbers, in plain ASCII, for servers that are asked for ids alone.</summary>
internal static class GgufTokenNames
{
    /// <summary>Why they exist: see <see cref="GgufOptions.PlainTokenNames"/>. The ending keeps one name from being the beginning of another.</summary>
    public static string Plain(int id) => string.Create(CultureInfo.InvariantCulture, $"t{id}_");

    /// <summary>Whether all names are such.</summary>
    public static bool ArePlain(IReadOnlyList<string> tokens) => tokens.Count > 0 && Enumerable.Range(0, tokens.Count).All(id => tokens[id] == Plain(id));
}
