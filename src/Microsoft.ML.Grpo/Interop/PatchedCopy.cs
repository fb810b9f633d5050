using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace Microsoft.ML.Grpo;

/// <summary>
/// The patched library on disk, since the system loads files only: written once, to the user's own folder, under the
/// hash of the original. A file found there is compared by hash before each use and written again if it differs.
/// </summary>
internal static class PatchedCopy
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Loads the copy: from the user's folder, or where that is not possible from a temporary one that is deleted at once.</summary>
    [SupportedOSPlatform("linux")]
    internal static nint Load(byte[] original, byte[] patched)
    {
        var data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        try
        {
            if (Path.IsPathRooted(data))
            {
                return NativeLibrary.Load(Provide(Path.Combine(data, "Microsoft.ML.Grpo", "native"), original, patched));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException)
        {
            // A read-only home, a full disk, a mount without permission to execute: try the temporary folder.
        }

        var folder = Directory.CreateTempSubdirectory("grpo-native-");
        try
        {
            return NativeLibrary.Load(Provide(folder.FullName, original, patched));
        }
        finally
        {
            // What is mapped stays mapped on Linux.
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Makes sure that a folder holds the copy, whole.</summary>
    /// <returns>Its path.</returns>
    [SupportedOSPlatform("linux")]
    internal static string Provide(string folder, byte[] original, byte[] patched)
    {
        _ = Directory.CreateDirectory(folder, OwnerOnly);
        File.SetUnixFileMode(folder, OwnerOnly); // fails where the folder is another user's
        var path = Path.Combine(folder, $"{Convert.ToHexStringLower(SHA256.HashData(original))}.so");
        if (!Holds(path, patched))
        {
            // Another process may do the same at the same time: both rename a whole file, of the same content.
            var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
            try
            {
                File.WriteAllBytes(temporary, patched);
                File.SetUnixFileMode(temporary, OwnerOnly);
                File.Move(temporary, path, overwrite: true);
            }
            finally
            {
                File.Delete(temporary);
            }
        }

        return path;
    }

    private static bool Holds(string path, byte[] content)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        using var file = File.OpenRead(path);
        return file.Length == content.Length && SHA256.HashData(file).AsSpan().SequenceEqual(SHA256.HashData(content));
    }
}
