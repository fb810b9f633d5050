using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>
/// C# in the guides is a copy of code that CI builds: a fenced block stands below <c>&lt;!-- snippet: Name --&gt;</c> and
/// equals the lines between <c>#region Name</c> and <c>#endregion</c> of a program below docs/samples, less their common indentation.
/// </summary>
internal static partial class Snippets
{
    private const string Marker = "<!-- snippet: ";

    /// <summary>The regions of a C# file, by name, in its order.</summary>
    public static IEnumerable<(string Name, string Code)> Regions(string source)
    {
        string? name = null;
        List<string> lines = [];
        foreach (string line in Lines(source))
        {
            string trimmed = line.Trim();
            if (trimmed.StartsWith("#region ", StringComparison.Ordinal))
            {
                name = trimmed["#region ".Length..].Trim();
                lines.Clear();
            }
            else if (trimmed == "#endregion" && name is not null)
            {
                yield return (name, Dedent(lines));
                name = null;
            }
            else
            {
                lines.Add(line);
            }
        }
    }

    /// <summary>The C# blocks of a Markdown page: the name in the marker above (null without one), the code, and the line of the fence, from 1.</summary>
    public static IEnumerable<(string? Name, string Code, int Line)> Blocks(string page)
    {
        string[] lines = Lines(page);
        for (int i = 0; i < lines.Length; i++)
        {
            Match fence = Fence().Match(lines[i]);
            if (!fence.Success)
            {
                continue;
            }

            int open = i;
            string close = fence.Groups["ticks"].Value;
            while (++i < lines.Length && lines[i].Trim() != close)
            {
            }

            if (fence.Groups["language"].Value.ToUpperInvariant() is "CSHARP" or "CS" or "C#")
            {
                yield return (MarkerAbove(lines, open), Dedent(lines[(open + 1)..i]), open + 1);
            }
        }
    }

    /// <summary>What is wrong with a page's blocks, one sentence each; empty when all is well.</summary>
    public static IEnumerable<string> Problems(string pageName, string page, IReadOnlyDictionary<string, string> regions)
    {
        foreach (var (name, code, line) in Blocks(page))
        {
            if (name is null)
            {
                yield return $"{pageName}({line}): a C# block without {Marker}Name --> above it.";
            }
            else if (!regions.TryGetValue(name, out string? built))
            {
                yield return $"{pageName}({line}): no file below docs/samples has #region {name}.";
            }
            else if (built != code)
            {
                yield return $"{pageName}({line}): the block differs from #region {name}. It must read:\n{built}";
            }
        }
    }

    private static string? MarkerAbove(string[] lines, int fence)
    {
        string above = fence > 0 ? lines[fence - 1].Trim() : "";
        return above.StartsWith(Marker, StringComparison.Ordinal) && above.EndsWith("-->", StringComparison.Ordinal)
            ? above[Marker.Length..^3].Trim()
            : null;
    }

    private static string Dedent(IReadOnlyList<string> lines)
    {
        int indent = lines.Where(l => l.Trim().Length > 0).Select(l => l.Length - l.TrimStart().Length).DefaultIfEmpty(0).Min();
        return string.Join('\n', lines.Select(l => l.Length > indent ? l[indent..].TrimEnd() : "")).Trim('\n');
    }

    private static string[] Lines(string text) => text.ReplaceLineEndings("\n").Split('\n');

    [GeneratedRegex(@"^\s*(?<ticks>```+)\s*(?<language>[^\s`]*)")]
    private static partial Regex Fence();
}
