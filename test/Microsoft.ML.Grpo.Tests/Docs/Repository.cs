namespace Microsoft.ML.Grpo.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    private const string Mark = "Grpo.ML.sln";

    public static string Root { get; } = Find(new DirectoryInfo(AppContext.BaseDirectory));

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
