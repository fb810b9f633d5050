namespace Microsoft.ML.Grpo;

/// <summary>The versions of symbols that an ELF file defines, or needs of other libraries.</summary>
internal static class ElfVersions
{
    /// <summary>A version that a file needs.</summary>
    /// <param name="Library">The library that must define it.</param>
    /// <param name="Version">Its name.</param>
    /// <param name="IsWeak">Whether the file may be loaded without it.</param>
    /// <param name="FlagsOffset">Where in the file its two bytes of flags are.</param>
    /// <param name="Symbols">The symbols of this version that the file uses.</param>
    internal sealed record Need(string Library, string Version, bool IsWeak, long FlagsOffset, IReadOnlyList<string> Symbols);

    /// <summary>The names of the versions that a file defines.</summary>
    internal static IReadOnlySet<string> Defined(ElfImage image)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (image.Find(ElfImage.VersionDefinitions) is { } section)
        {
            foreach (var entry in Chain(image, section.Offset, nextAt: 16))
            {
                // Elf64_Verdef: vd_aux at 12; its first Elf64_Verdaux begins with the version's name.
                _ = names.Add(image.Text(section, image.U32(entry + image.U32(entry + 12))));
            }
        }

        return names;
    }

    /// <summary>The versions that a file needs.</summary>
    internal static IReadOnlyList<Need> Needed(ElfImage image)
    {
        if (image.Find(ElfImage.VersionNeeds) is not { } section)
        {
            return [];
        }

        var symbols = SymbolsByVersion(image);
        var needs = new List<Need>();
        foreach (var entry in Chain(image, section.Offset, nextAt: 12))
        {
            // Elf64_Verneed: vn_file at 4, vn_aux at 8; Elf64_Vernaux: vna_flags at 4, vna_other at 6, vna_name at 8.
            var library = image.Text(section, image.U32(entry + 4));
            foreach (var need in Chain(image, entry + image.U32(entry + 8), nextAt: 12))
            {
                needs.Add(new Need(
                    library, image.Text(section, image.U32(need + 8)), (image.U16(need + 4) & 2) != 0, need + 4, [.. symbols[image.U16(need + 6)]]));
            }
        }

        return needs;
    }

    private static ILookup<ushort, string> SymbolsByVersion(ElfImage image)
    {
        if (image.Find(ElfImage.DynamicSymbols) is not { } symbols || image.Find(ElfImage.SymbolVersions) is not { } versions)
        {
            return Enumerable.Empty<(ushort, string)>().ToLookup(pair => pair.Item1, pair => pair.Item2);
        }

        // Elf64_Sym: 24 bytes, st_name at 0. The version's top bit says "hidden".
        return Enumerable.Range(0, (int)(symbols.Length / 24)).ToLookup(
            i => (ushort)(image.U16(versions.Offset + (2L * i)) & 0x7FFF),
            i => image.Text(symbols, image.U32(symbols.Offset + (24L * i))));
    }

    // Entries linked by their distance to the next, 0 at the end; distances are unsigned, so a chain cannot turn back.
    private static IEnumerable<long> Chain(ElfImage image, long first, long nextAt)
    {
        for (var entry = first; ;)
        {
            yield return entry;
            var distance = image.U32(entry + nextAt);
            if (distance == 0)
            {
                yield break;
            }

            entry += distance;
        }
    }
}
