using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>A C# file of the library.</summary>
/// <param name="Name">Its path below src/Microsoft.ML.Grpo, with '/'.</param>
/// <param name="Code">Its text without comments and string literals.</param>
internal sealed partial record SourceFile(string Name, string Code)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<SourceFile> All { get; } =
    [
        .. Repository.Files()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal) && name.EndsWith(".cs", StringComparison.Ordinal))
            .Select(name => Parse(name[Folder.Length..], File.ReadAllText(Path.Combine(Repository.Root, name)))),
    ];

    /// <summary>The room it lies in: the first folder of its path, empty at the top.</summary>
    public string Room => Name.Contains('/', StringComparison.Ordinal) ? Name.Split('/')[0] : "";

    /// <summary>The top-level types that it declares.</summary>
    public IReadOnlySet<string> Types => Declaration().Matches(Code).Select(m => m.Groups["name"].Value).ToHashSet();

    /// <summary>The words that may name a type: capitalised, and not a member of something.</summary>
    public IReadOnlySet<string> Words => Word().Matches(Code).Select(m => m.Value).ToHashSet();

    private const string Folder = "src/Microsoft.ML.Grpo/";

    public static SourceFile Parse(string name, string text) => new(name, NotCode().Replace(text, ""));

    [GeneratedRegex("""
        //[^\n]* | /\*[\s\S]*?\*/ | \"{3}[\s\S]*?\"{3} | \$?@\$?"(?:[^"]|"")*" | "(?:\\.|[^"\\\n])*" | '(?:\\[^\n]|[^'\\\n])[^'\n]*'
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex NotCode();

    [GeneratedRegex(@"^(?:public|internal)\b[\w ]*\b(?:class|struct|record|interface|enum) (?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w*")]
    private static partial Regex Word();
}
