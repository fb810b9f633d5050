using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Runtime.Versioning;
using TorchSharp;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Lets TorchSharp's native library load on Linux systems whose libstdc++ is older than the one that it was built with
/// (Debian 12, Ubuntu 22.04, RHEL 9). It acts only after the normal load has failed, and only on that cause:
/// see <see cref="MissingMarkerVersion"/>.
/// </summary>
internal static class NativeLoader
{
    internal const string Library = "LibTorchSharp";

    private static volatile bool _loaded;

#pragma warning disable CA2255 // A library's module initializer: TorchSharp may be used before any method of ours is called on purpose.
    [ModuleInitializer]
    internal static void Install()
    {
        if (OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64)
        {
            var context = AssemblyLoadContext.GetLoadContext(typeof(NativeLoader).Assembly) ?? AssemblyLoadContext.Default;
            context.ResolvingUnmanagedDll += Resolve;
        }
    }
#pragma warning restore CA2255

    /// <summary>Loads TorchSharp's native library now, so that a failure has our message and not TorchSharp's.</summary>
    /// <exception cref="DllNotFoundException">It cannot be loaded; the message names what is missing and the remedies.</exception>
    /// <exception cref="BadImageFormatException">The file is damaged.</exception>
    internal static void EnsureLoaded()
    {
        if (_loaded)
        {
            return;
        }

        _loaded = NativeLibrary.TryLoad(Library, typeof(torch).Assembly, null, out _)
            ? true
            : throw new DllNotFoundException(NativeLoaderMessages.NotFound(NativeFolders.All()));
    }

    // TorchSharp also asks for "torch_cpu" and "torch_cuda", and goes on without them: 0 says that we know no better.
    [SupportedOSPlatform("linux")]
    private static nint Resolve(Assembly assembly, string name) => name == Library ? LoadFrom(NativeFolders.All()) : 0;

    /// <summary>Loads the library from the first folder that holds it; 0 where none does.</summary>
    /// <exception cref="DllNotFoundException">It is there but cannot be loaded, or libtorch, which it needs, is nowhere.</exception>
    /// <exception cref="BadImageFormatException">It is there but is no sound ELF file.</exception>
    [SupportedOSPlatform("linux")]
    internal static nint LoadFrom(IReadOnlyList<string> folders)
    {
        var original = folders.Select(folder => Path.Combine(folder, $"lib{Library}.so")).FirstOrDefault(File.Exists);
        if (original is null)
        {
            return 0;
        }

        var bytes = File.ReadAllBytes(original);
        LoadDependencies(original, new ElfImage(bytes, original), folders);
        if (NativeLibrary.TryLoad(original, out var handle))
        {
            return handle;
        }

        var patched = MissingMarkerVersion.Weaken(bytes, original, LoadedLibraries.Find("libstdc++.so"));
        return patched is null ? NativeLibrary.Load(original) : PatchedCopy.Load(bytes, patched);
    }

    // The copy lies in another folder, where the system's loader would not find them; what is loaded already, it takes.
    private static void LoadDependencies(string original, ElfImage image, IReadOnlyList<string> folders)
    {
        foreach (var name in image.NeededLibraries())
        {
            var path = folders.Prepend(Path.GetDirectoryName(original)!).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
            if (path is not null)
            {
                LoadDependency(path);
            }
            else if (IsPartOfTorch(name) && !NativeLibrary.TryLoad(name, out _))
            {
                throw new DllNotFoundException(NativeLoaderMessages.NoBackend(original, name, folders));
            }
        }
    }

    private static void LoadDependency(string path)
    {
        try
        {
            _ = NativeLibrary.Load(path);
        }
        catch (DllNotFoundException e)
        {
            throw new DllNotFoundException(NativeLoaderMessages.DependencyFailed(path, e.Message), e);
        }
    }

    // The package TorchSharp brings its own library for every platform, but libtorch comes with a native package only.
    private static bool IsPartOfTorch(string name) =>
        name.StartsWith("libtorch", StringComparison.Ordinal) || name.StartsWith("libc10", StringComparison.Ordinal);
}
