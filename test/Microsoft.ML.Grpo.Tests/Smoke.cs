namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class Smoke
{
    [TestMethod]
    public void Loads()
    {
        System.Runtime.CompilerServices.RuntimeHelpers.RunModuleConstructor(typeof(Microsoft.ML.Grpo.NativeLoader).Module.ModuleHandle);
        Assert.AreEqual(2f, TorchSharp.torch.ones(2).sum().item<float>());
    }
}
