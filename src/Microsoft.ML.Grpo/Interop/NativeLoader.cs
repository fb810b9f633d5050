using System.Buffers.Binary;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Text;

namespace Microsoft.ML.Grpo;

/// <summary>First version: to be hardened.</summary>
internal static class NativeLoader
{
#pragma warning disable CA2255
    [ModuleInitializer]
    internal static void Install()
    {
        if (OperatingSystem.IsLinux())
        {
            AssemblyLoadContext.Default.ResolvingUnmanagedDll += Resolve;
        }
    }
#pragma warning restore CA2255

    private static nint Resolve(Assembly assembly, string name)
    {
        if (name != "LibTorchSharp")
        {
            return 0;
        }

        foreach (var folder in new[] { Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native"), AppContext.BaseDirectory })
        {
            var original = Path.Combine(folder, "libLibTorchSharp.so");
            if (!File.Exists(original))
            {
                continue;
            }

            foreach (var library in new[] { "libc10.so", "libtorch_cpu.so", "libtorch.so" })
            {
                NativeLibrary.Load(Path.Combine(folder, library));
            }

            var bytes = File.ReadAllBytes(original);
            Weaken(bytes, "GLIBCXX_3.4.32");
            var copy = Path.Combine(Path.GetTempPath(), "grpo-" + Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes))[..16] + ".so");
            if (!File.Exists(copy))
            {
                var temporary = copy + "." + Environment.ProcessId;
                File.WriteAllBytes(temporary, bytes);
                File.Move(temporary, copy, overwrite: true);
            }

            return NativeLibrary.Load(copy);
        }

        return 0;
    }

    private static void Weaken(byte[] elf, string version)
    {
        ushort U16(long at) => BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan((int)at));
        uint U32(long at) => BinaryPrimitives.ReadUInt32LittleEndian(elf.AsSpan((int)at));
        long U64(long at) => (long)BinaryPrimitives.ReadUInt64LittleEndian(elf.AsSpan((int)at));
        var sections = U64(0x28);
        for (var i = 0; i < U16(0x3C); i++)
        {
            var header = sections + ((long)i * U16(0x3A));
            if (U32(header + 4) != 0x6ffffffe)
            {
                continue;
            }

            var strings = U64(sections + ((long)U32(header + 0x28) * U16(0x3A)) + 0x18);
            for (var need = U64(header + 0x18); ; need += U32(need + 12))
            {
                for (var aux = need + U32(need + 8); ; aux += U32(aux + 12))
                {
                    var at = (int)(strings + U32(aux + 8));
                    var text = Encoding.ASCII.GetString(elf, at, Array.IndexOf(elf, (byte)0, at) - at);
                    if (text == version)
                    {
                        elf[aux + 4] |= 2;
                    }

                    if (U32(aux + 12) == 0)
                    {
                        break;
                    }
                }

                if (U32(need + 12) == 0)
                {
                    break;
                }
            }
        }
    }
}
