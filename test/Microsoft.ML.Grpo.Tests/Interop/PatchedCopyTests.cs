using System.Runtime.Versioning;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
[OSCondition(OperatingSystems.Linux)]
[SupportedOSPlatform("linux")]
public sealed class PatchedCopyTests : IDisposable
{
    private static readonly byte[] Original = [1, 2, 3];
    private static readonly byte[] Patched = [1, 2, 9];

    private readonly string _parent = Directory.CreateTempSubdirectory("grpo-test-").FullName;

    private string Folder => Path.Combine(_parent, "cache");

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    [TestMethod]
    public void The_copy_is_named_by_the_hash_of_the_original_and_is_the_owners_alone()
    {
        var path = PatchedCopy.Provide(Folder, Original, Patched);
        Assert.AreEqual("039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81.so", Path.GetFileName(path));
        CollectionAssert.AreEqual(Patched, File.ReadAllBytes(path));
        var ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Assert.AreEqual(ownerOnly, File.GetUnixFileMode(Folder));
        Assert.AreEqual(ownerOnly, File.GetUnixFileMode(path));
    }

    [TestMethod]
    public void A_sound_copy_is_used_as_it_is()
    {
        var path = PatchedCopy.Provide(Folder, Original, Patched);
        var time = new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(path, time);
        Assert.AreEqual(path, PatchedCopy.Provide(Folder, Original, Patched));
        Assert.AreEqual(time, File.GetLastWriteTimeUtc(path));
    }

    [TestMethod]
    [DataRow(new byte[] { 1, 2, 8 })]
    [DataRow(new byte[] { 1 })]
    [DataRow(new byte[0])]
    public void A_damaged_copy_is_repaired(byte[] damaged)
    {
        var path = PatchedCopy.Provide(Folder, Original, Patched);
        File.WriteAllBytes(path, damaged);
        Assert.AreEqual(path, PatchedCopy.Provide(Folder, Original, Patched));
        CollectionAssert.AreEqual(Patched, File.ReadAllBytes(path));
    }

    [TestMethod]
    public void A_folder_that_others_may_write_to_is_closed_to_them()
    {
        _ = Directory.CreateDirectory(Folder);
        File.SetUnixFileMode(Folder, (UnixFileMode)0x1FF);
        _ = PatchedCopy.Provide(Folder, Original, Patched);
        Assert.AreEqual((UnixFileMode)0, File.GetUnixFileMode(Folder) & (UnixFileMode)0x3F);
    }

    [TestMethod]
    public void Many_at_once_leave_one_whole_file_and_no_other()
    {
        var content = new byte[1 << 20];
        _ = Parallel.For(0, 16, _ => CollectionAssert.AreEqual(content, File.ReadAllBytes(PatchedCopy.Provide(Folder, Original, content))));
        Assert.HasCount(1, Directory.GetFiles(Folder));
    }
}
