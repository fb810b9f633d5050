namespace Microsoft.ML.Grpo;

/// <summary>What to say, and what to advise, when libtorch cannot be loaded.</summary>
internal static class NativeLoaderMessages
{
    private const string Backends =
        "import build/TorchBackend.targets of the Microsoft.ML.Grpo repository, or reference one of the packages TorchSharp-cpu, TorchSharp-cuda-linux or TorchSharp-cuda-windows, "
        + "of TorchSharp's own version, in the application (not only in a library)";

    internal static string NotFound(IEnumerable<string> folders) =>
        "TorchSharp's native library LibTorchSharp is not there, or cannot be loaded on this platform. It comes with a native backend, "
        + $"which the application chooses: {Backends}. Looked in: {string.Join(", ", folders)}.";

    internal static string NoBackend(string path, string library, IEnumerable<string> folders) =>
        $"The application references no native TorchSharp package: '{path}' needs {library}, which is not there. "
        + $"In the application's project, {Backends}. Looked in: {string.Join(", ", folders)}.";

    internal static string DependencyFailed(string path, string reason) =>
        $"'{path}', a part of libtorch, cannot be loaded: {reason} If a library is missing, install it; "
        + $"if the file is damaged or of another version, {Backends}, and build again from a clean output folder.";

    internal static string TooOldLibrary(string path, string library, string version, IEnumerable<string> symbols) =>
        $"'{path}' needs version {version} of {library}, which this system's {library} lacks, and uses from it: {string.Join(", ", symbols)}. "
        + "Install a newer libstdc++ (GCC 13's or newer: Debian 13, Ubuntu 24.04, RHEL 10 or a current container image has it).";
}
