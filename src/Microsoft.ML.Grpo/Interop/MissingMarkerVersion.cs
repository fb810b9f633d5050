namespace Microsoft.ML.Grpo;

/// <summary>
/// The one cause of a failed load that can be cured here. GCC 13's headers make every user of iostreams refer to
/// <c>_ZSt21ios_base_library_initv</c>, of version GLIBCXX_3.4.32: a marker, never called, that is there to refuse an
/// older libstdc++. Where all that a version is needed for is the marker, the need can be marked weak: the system's
/// loader then goes on without it. Needs of any other kind are left alone.
/// </summary>
internal static class MissingMarkerVersion
{
    private const string Library = "libstdc++.so.6";
    private const string Marker = "_ZSt21ios_base_library_initv";

    /// <summary>Makes a copy of a library that loads without the marker's version.</summary>
    /// <param name="library">The library's bytes; not changed.</param>
    /// <param name="path">Its path, for errors.</param>
    /// <param name="standardLibrary">The path of the libstdc++ in this process, or <see langword="null"/>.</param>
    /// <returns>The copy; <see langword="null"/>: no version is missing, so the cause is another.</returns>
    /// <exception cref="DllNotFoundException">A version is missing that is needed for more than the marker.</exception>
    /// <exception cref="BadImageFormatException">A file is not a sound ELF file.</exception>
    internal static byte[]? Weaken(byte[] library, string path, string? standardLibrary)
    {
        if (standardLibrary is null)
        {
            return null;
        }

        var defined = ElfVersions.Defined(new ElfImage(File.ReadAllBytes(standardLibrary), standardLibrary));
        return Weaken(library, path, defined);
    }

    /// <inheritdoc cref="Weaken(byte[], string, string?)"/>
    /// <param name="library">The library's bytes; not changed.</param>
    /// <param name="path">Its path, for errors.</param>
    /// <param name="defined">The versions that the installed libstdc++ defines.</param>
    internal static byte[]? Weaken(byte[] library, string path, IReadOnlySet<string> defined)
    {
        var missing = ElfVersions.Needed(new ElfImage(library, path))
            .Where(need => need.Library == Library && !need.IsWeak && !defined.Contains(need.Version))
            .ToArray();
        if (missing.FirstOrDefault(need => need.Symbols is not [Marker]) is { } real)
        {
            throw new DllNotFoundException(NativeLoaderMessages.TooOldLibrary(path, Library, real.Version, real.Symbols));
        }

        if (missing.Length == 0)
        {
            return null;
        }

        var copy = library.ToArray();
        foreach (var need in missing)
        {
            copy[need.FlagsOffset] |= 2; // VER_FLG_WEAK
        }

        return copy;
    }
}
