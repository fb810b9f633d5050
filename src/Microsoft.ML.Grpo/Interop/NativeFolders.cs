using System.Runtime.InteropServices;

namespace Microsoft.ML.Grpo;

/// <summary>Where the native libraries of an application lie, in the order in which they are looked for.</summary>
internal static class NativeFolders
{
    /// <summary>The folders of a built, a published, and a single-file application, existing or not.</summary>
    internal static IReadOnlyList<string> All()
    {
        var beside = AppContext.BaseDirectory;
        var searched = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        return [.. new[] { Path.Combine(beside, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"), PortableLinux(beside), beside }
            .Concat(searched.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            .Select(Path.TrimEndingDirectorySeparator)
            .Distinct()];
    }

    // The runtime's own identifier may be a distribution's (debian.12-x64); packages say linux-x64.
    private static string PortableLinux(string folder) => Path.Combine(folder, "runtimes", "linux-x64", "native");
}
