using System.Runtime.InteropServices;

namespace Microsoft.ML.Grpo;

/// <summary>Where the native libraries of an application lie, in the order in which they are looked for.</summary>
internal static class NativeFolders
{
    /// <summary>The folders of a built, a published, and a single-file application, existing or not.</summary>
    internal static IReadOnlyList<string> All()
    {
        var searched = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        return [.. new[] { Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"), Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native"), AppContext.BaseDirectory }
            .Concat(searched.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            .Select(Path.TrimEndingDirectorySeparator)
            .Distinct()];
    }
}
