[assembly: Parallelize(Scope = ExecutionScope.MethodLevel)]

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Runs once, before any test: tests use TorchSharp directly, before anything of the library may have loaded it.</summary>
[TestClass]
public static class TestSetup
{
    [AssemblyInitialize]
    public static void InitializeTorch(TestContext context)
    {
        TorchRuntime.Initialize();
        TorchRuntime.SetThreads(1); // Tests run side by side, and an operator's threads that wait for busy cores are the worst case.
    }
}
