using System.Reflection;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class TorchStartTests
{
    // Compiled into this application by build/TorchBackend.targets, as the package does it for others.
    [TestMethod]
    public void An_application_starts_the_native_loader_in_its_module_initializer() =>
        Assert.IsNotNull(typeof(Start.TorchStart).GetMethod("Run", BindingFlags.Static | BindingFlags.NonPublic)!.GetCustomAttribute<ModuleInitializerAttribute>());
}
