using System.Buffers.Binary;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Microsoft.ML.Grpo.Build;

/// <summary>Flips the visibility bits of top-level types in the bytes of an assembly.</summary>
internal static class TypeExposer
{
    /// <summary>Makes types public.</summary>
    /// <param name="assembly">The assembly's bytes; changed in place and returned.</param>
    /// <param name="typeNames">Full names of top-level types.</param>
    /// <exception cref="InvalidDataException">A type is not there; the message names all that are missing.</exception>
    internal static byte[] Expose(byte[] assembly, IReadOnlyCollection<string> typeNames)
    {
        using var pe = new PEReader(new MemoryStream(assembly, writable: false));
        var metadata = pe.GetMetadataReader();
        var table = pe.PEHeaders.MetadataStartOffset + metadata.GetTableMetadataOffset(TableIndex.TypeDef);
        var rowSize = metadata.GetTableRowSize(TableIndex.TypeDef);
        var missing = new HashSet<string>(typeNames, StringComparer.Ordinal);
        foreach (var handle in metadata.TypeDefinitions)
        {
            var type = metadata.GetTypeDefinition(handle);
            if (type.IsNested || !missing.Remove($"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}"))
            {
                continue;
            }

            // ECMA-335 II.22.37: a TypeDef row begins with its 4 bytes of flags.
            var flags = assembly.AsSpan(table + ((MetadataTokens.GetRowNumber(handle) - 1) * rowSize), sizeof(uint));
            var exposed = (type.Attributes & ~TypeAttributes.VisibilityMask) | TypeAttributes.Public;
            BinaryPrimitives.WriteUInt32LittleEndian(flags, (uint)exposed);
        }

        return missing.Count == 0
            ? assembly
            : throw new InvalidDataException($"it has no type {string.Join(", ", missing)}; the package's version has changed something that this project relies on.");
    }
}
