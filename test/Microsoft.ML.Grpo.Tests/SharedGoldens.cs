namespace Microsoft.ML.Grpo.Tests;

/// <summary>Finds reference data that lies beside the repository or in it; tests that need it are skipped where it is absent.</summary>
internal static class SharedGoldens
{
    public static string? TryFind(string relative)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var found = Path.Combine(folder.FullName, "shared", "goldens", relative);
            if (Path.Exists(found))
            {
                return found;
            }
        }

        return null;
    }

    public static string Require(string relative)
    {
        var found = TryFind(relative);
        if (found is null)
        {
            Assert.Inconclusive($"shared/goldens/{relative} is neither in a folder above the tests nor beside one.");
        }

        return found!;
    }
}
