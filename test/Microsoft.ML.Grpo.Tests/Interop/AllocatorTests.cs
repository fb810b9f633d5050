using System.Runtime.InteropServices;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class AllocatorTests
{
    // glibc marks a block that it took from the kernel by itself, and will give back when freed, in the word before it.
    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public unsafe void After_tuning_a_large_block_comes_from_the_heap()
    {
        Assert.IsTrue(Allocator.Tune());
        var block = (nuint*)NativeMemory.Alloc(16 << 20);
        try
        {
            Assert.AreEqual((nuint)0, block[-1] & 2, "the block was mapped by itself");
        }
        finally
        {
            NativeMemory.Free(block);
        }
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void The_first_choice_of_a_process_counts(bool first)
    {
        var choice = new FirstChoice();
        Assert.AreEqual(first, choice.Make(first));
        Assert.AreEqual(first, choice.Make(!first));
        Assert.AreEqual(first, choice.Make(first));
    }

    [TestMethod]
    public void Tuning_and_initializing_again_changes_nothing()
    {
        Assert.AreEqual(Allocator.Tune(), Allocator.Tune());
        TorchRuntime.Initialize();
        TorchRuntime.Initialize(tuneAllocator: false);
    }
}
