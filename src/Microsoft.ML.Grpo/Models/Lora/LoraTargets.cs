using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo;

/// <summary>Which linear layers an adapter is on, by PEFT's rules for <c>target_modules</c>.</summary>
internal static class LoraTargets
{
    /// <summary>PEFT's word for all linear layers but the head.</summary>
    public const string AllLinear = "all-linear";

    // A pattern comes from a file that may be anybody's.
    private static readonly TimeSpan MostMatchTime = TimeSpan.FromSeconds(1);

    /// <summary>All linear layers but the head.</summary>
    public static IReadOnlyList<string> All(CausalLM network) => [.. network.LinearLayers.Keys.Where(layer => layer != CausalLM.HeadLayer)];

    /// <summary>The layers that one of the names means: whole names, or the last parts of them, as <c>q_proj</c>.</summary>
    public static IReadOnlyList<string> Named(CausalLM network, IReadOnlyCollection<string> names) =>
        [.. network.LinearLayers.Keys.Where(layer => names.Any(name => Means(name, layer)))];

    /// <summary>The names that mean no layer.</summary>
    public static IReadOnlyList<string> Unknown(CausalLM network, IEnumerable<string> names) =>
        [.. names.Where(name => !network.LinearLayers.Keys.Any(layer => Means(name, layer)))];

    /// <summary>The layers whose whole names a regular expression matches.</summary>
    /// <exception cref="ArgumentException">It is no regular expression of .NET.</exception>
    /// <exception cref="RegexMatchTimeoutException">It takes too long.</exception>
    public static IReadOnlyList<string> Matching(CausalLM network, string pattern)
    {
        var whole = new Regex($@"\A(?:{pattern})\z", RegexOptions.CultureInvariant, MostMatchTime);
        return [.. network.LinearLayers.Keys.Where(layer => whole.IsMatch(layer))];
    }

    /// <summary>The shortest names that mean just these layers, in ordinal order: last parts where they do, else whole names.</summary>
    public static IReadOnlyList<string> Shortest(IEnumerable<string> layers, CausalLM network)
    {
        string[] whole = [.. layers.Order(StringComparer.Ordinal)];
        string[] last = [.. whole.Select(LastPart).Distinct()];
        return Named(network, last).Count == whole.Length ? [.. last.Order(StringComparer.Ordinal)] : whole;
    }

    /// <summary>The last parts of the network's linear layers, for errors.</summary>
    public static string Describe(CausalLM network) => string.Join(", ", network.LinearLayers.Keys.Select(LastPart).Distinct());

    private static bool Means(string name, string layer) => layer == name || layer.EndsWith("." + name, StringComparison.Ordinal);

    private static string LastPart(string layer) => layer[(layer.LastIndexOf('.') + 1)..];
}
