using System.Reflection;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class TorchStartTests
{
    // Compiled into this application by build/TorchBackend.targets, as the package does it for others. Looked up by
    // name, since the parity checker, whose internals these tests see, has a class of the same name.
    [TestMethod]
    public void An_application_starts_the_native_loader_in_its_module_initializer()
    {
        var start = typeof(TorchStartTests).Assembly.GetType("Microsoft.ML.Grpo.Start.TorchStart", throwOnError: true)!;
        Assert.IsNotNull(start.GetMethod("Run", BindingFlags.Static | BindingFlags.NonPublic)!.GetCustomAttribute<ModuleInitializerAttribute>());
    }
}
