namespace Microsoft.ML.Grpo.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    private const string Mark = "Grpo.ML.sln";

    private static readonly string[] NotOurs = ["bin", "obj", "TestResults", "artifacts"];

    public static string Root { get; } = Find(new DirectoryInfo(AppContext.BaseDirectory));

    /// <summary>Its files, without what builds leave and hidden folders other than .ci: paths below the root, with '/'.</summary>
    public static IEnumerable<string> Files() => Below(new DirectoryInfo(Root)).Select(f => Path.GetRelativePath(Root, f).Replace('\\', '/'));

    private static IEnumerable<string> Below(DirectoryInfo directory) => directory.EnumerateFiles().Where(f => f.Name != ".git").Select(f => f.FullName)
        .Concat(directory.EnumerateDirectories().Where(d => !NotOurs.Contains(d.Name) && (d.Name[0] != '.' || d.Name == ".ci")).SelectMany(Below))
        .Order(StringComparer.Ordinal);

    private static string Find(DirectoryInfo? directory)
    {
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, Mark)))
        {
            directory = directory.Parent;
        }

        return directory?.FullName
            ?? throw new InvalidOperationException($"No directory above {AppContext.BaseDirectory} holds {Mark}: run the tests from a checkout.");
    }
}
