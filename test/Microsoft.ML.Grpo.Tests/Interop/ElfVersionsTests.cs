namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class ElfVersionsTests
{
    private const string Marker = "_ZSt21ios_base_library_initv";

    private static readonly string Library = NativeFolders.All().Select(folder => Path.Combine(folder, "libLibTorchSharp.so")).First(File.Exists);

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void The_needs_of_TorchSharps_library_are_read_with_their_symbols()
    {
        var needs = ElfVersions.Needed(new ElfImage(File.ReadAllBytes(Library), Library));
        var marker = needs.Single(need => need.Version == "GLIBCXX_3.4.32");
        Assert.AreEqual("libstdc++.so.6", marker.Library);
        Assert.IsFalse(marker.IsWeak);
        CollectionAssert.AreEqual(new[] { Marker }, marker.Symbols.ToArray());
        Assert.IsTrue(needs.Single(need => need.Version == "GLIBCXX_3.4").Symbols.Count > 10);
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void The_versions_of_the_installed_standard_library_are_read()
    {
        var path = LoadedLibraries.Find("libstdc++.so")!;
        var defined = ElfVersions.Defined(new ElfImage(File.ReadAllBytes(path), path));
        Assert.Contains("GLIBCXX_3.4", defined);
        Assert.Contains("CXXABI_1.3", defined);
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void The_libraries_that_it_asks_for_are_read() =>
        Assert.Contains("libtorch_cpu.so", new ElfImage(File.ReadAllBytes(Library), Library).NeededLibraries().ToArray());

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void Only_the_markers_need_is_weakened_and_by_one_bit()
    {
        var original = File.ReadAllBytes(Library);
        var patched = MissingMarkerVersion.Weaken(original, Library, AllBut(original, "GLIBCXX_3.4.32"))!;
        var changed = Enumerable.Range(0, original.Length).Where(i => original[i] != patched[i]).ToArray();
        Assert.HasCount(1, changed);
        Assert.AreEqual(2, original[changed[0]] ^ patched[changed[0]]);
        Assert.IsTrue(ElfVersions.Needed(new ElfImage(patched, Library)).Single(need => need.Version == "GLIBCXX_3.4.32").IsWeak);
        Assert.AreEqual(1, ElfVersions.Needed(new ElfImage(patched, Library)).Count(need => need.IsWeak));
        Assert.IsNull(MissingMarkerVersion.Weaken(patched, Library, AllBut(original, "GLIBCXX_3.4.32")), "what is weak is not missing");
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void Nothing_is_changed_where_no_version_is_missing() =>
        Assert.IsNull(MissingMarkerVersion.Weaken(File.ReadAllBytes(Library), Library, AllBut(File.ReadAllBytes(Library), "none")));

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void A_missing_version_with_real_symbols_is_refused_with_its_name_and_the_remedy()
    {
        var original = File.ReadAllBytes(Library);
        var error = Assert.ThrowsExactly<DllNotFoundException>(() => MissingMarkerVersion.Weaken(original, "lib.so", AllBut(original, "GLIBCXX_3.4.32", "GLIBCXX_3.4.21")));
        StringAssert.StartsWith(error.Message, "'lib.so' needs version GLIBCXX_3.4.21 of libstdc++.so.6, which this system's libstdc++.so.6 lacks");
        StringAssert.Contains(error.Message, "Install a newer libstdc++");
    }

    [TestMethod]
    public void Garbage_is_refused_by_name()
    {
        var error = Assert.ThrowsExactly<BadImageFormatException>(() => new ElfImage(new byte[100], "some.so"));
        Assert.AreEqual("'some.so' cannot be read: it is not a 64-bit little-endian ELF file. Restore the package that it came from.", error.Message);
        _ = Assert.ThrowsExactly<BadImageFormatException>(() => new ElfImage([], "some.so"));
        _ = Assert.ThrowsExactly<BadImageFormatException>(() => new ElfImage([0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1], "some.so"));
    }

    // Damage ends in our own error or in a reading, never in an index out of range, an endless loop or a crash.
    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void A_damaged_or_shortened_file_is_refused_or_read_but_never_breaks_the_reader()
    {
        var random = new Random(5);
        var original = File.ReadAllBytes(Library);
        var image = new ElfImage(original, Library);
        var places = new[] { 0L, image.Find(ElfImage.VersionNeeds)!.Value.Offset, BitConverter.ToInt64(original, 0x28) };
        var refused = 0;
        for (var round = 0; round < 300; round++)
        {
            var damaged = round % 3 == 0 ? original[..random.Next(original.Length)] : original.ToArray();
            for (var i = 0; i < 20 && damaged.Length > 0; i++)
            {
                damaged[Math.Min(damaged.Length - 1, places[random.Next(places.Length)] + 6 + random.Next(600))] = (byte)random.Next(256);
            }

            try
            {
                _ = ElfVersions.Needed(new ElfImage(damaged, "damaged.so"));
                _ = new ElfImage(damaged, "damaged.so").NeededLibraries().ToArray();
            }
            catch (BadImageFormatException e)
            {
                refused++;
                StringAssert.StartsWith(e.Message, "'damaged.so' cannot be read: ");
            }
        }

        Assert.IsGreaterThan(100, refused);
    }

    private static HashSet<string> AllBut(byte[] library, params string[] versions) =>
        [.. ElfVersions.Needed(new ElfImage(library, "library")).Select(need => need.Version).Except(versions)];
}
