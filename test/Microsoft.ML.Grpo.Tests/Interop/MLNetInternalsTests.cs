using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>One canary an accessor: each fails when a version of ML.NET moves what it reaches.</summary>
[TestClass]
public class MLNetInternalsTests
{
    private readonly MLContext _ml = new(seed: 17);

    [TestMethod]
    public void NewColumn_makes_a_column_of_a_shape()
    {
        var column = MLNetInternals.NewColumn("A", SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, isKey: false, annotations: null);
        Assert.AreEqual("A", column.Name);
        Assert.AreEqual(SchemaShape.Column.VectorKind.Vector, column.Kind);
        Assert.AreEqual(NumberDataViewType.Single, column.ItemType);
        Assert.IsFalse(column.IsKey);
        Assert.IsEmpty(column.Annotations);
    }

    [TestMethod]
    public void ShapeOf_gives_the_shape_of_a_schema()
    {
        var shape = MLNetInternals.ShapeOf(Question.View(_ml, 1).Schema);
        CollectionAssert.AreEqual(new[] { "Prompt", "Number", "Vector" }, shape.Select(column => column.Name).ToList());
        Assert.AreEqual(SchemaShape.Column.VectorKind.Vector, shape[2].Kind);
    }

    [TestMethod]
    public void EnvironmentOf_is_the_environment_behind_the_context()
    {
        _ml.GpuDeviceId = 5;
        Assert.AreEqual(5, MLNetInternals.GpuDeviceIdOf(MLNetInternals.EnvironmentOf(_ml.Transforms)));
    }

    [TestMethod]
    public void GpuDeviceIdOf_reads_it_through_contexts_environments_and_hosts()
    {
        Assert.IsNull(MLNetInternals.GpuDeviceIdOf(_ml));
        _ml.GpuDeviceId = 3;
        Assert.AreEqual(3, MLNetInternals.GpuDeviceIdOf(_ml));
        Assert.AreEqual(3, MLNetInternals.GpuDeviceIdOf(Host()));
    }

    [TestMethod]
    public void FallbackToCpuOf_reads_it_through_contexts_environments_and_hosts()
    {
        _ml.FallbackToCpu = false;
        Assert.IsFalse(MLNetInternals.FallbackToCpuOf(_ml));
        Assert.IsFalse(MLNetInternals.FallbackToCpuOf(Host()));
        _ml.FallbackToCpu = true;
        Assert.IsTrue(MLNetInternals.FallbackToCpuOf(Host()));
    }

    [TestMethod]
    public void SeedOf_is_the_seed_of_the_context_and_null_without_one()
    {
        Assert.AreEqual(17, MLNetInternals.SeedOf(_ml));
        Assert.AreEqual(17, MLNetInternals.SeedOf(MLNetInternals.EnvironmentOf(_ml.Transforms)));
        Assert.IsNull(MLNetInternals.SeedOf(new MLContext()));
    }

    [TestMethod]
    public void TempFilePathOf_is_that_of_the_context()
    {
        _ml.TempFilePath = Path.Combine(Path.GetTempPath(), "elsewhere");
        Assert.AreEqual(_ml.TempFilePath, MLNetInternals.TempFilePathOf(_ml));
        Assert.AreEqual(_ml.TempFilePath, MLNetInternals.TempFilePathOf(Host()));
    }

    [TestMethod]
    public void IsCanceled_turns_true_for_environments_and_hosts_when_the_context_is_cancelled()
    {
        var host = Host();
        var environment = MLNetInternals.EnvironmentOf(_ml.Transforms);
        Assert.IsFalse(MLNetInternals.IsCanceled(environment));
        Assert.IsFalse(MLNetInternals.IsCanceled(host));
        Cancellation.Cancel(_ml);
        Assert.IsTrue(MLNetInternals.IsCanceled(environment));
        Assert.IsTrue(MLNetInternals.IsCanceled(host));
    }

    // The members of save and load contexts, which no test can make: their stubs are compiled, which looks each up.
    [TestMethod]
    [DynamicData(nameof(Accessors))]
    public void Every_accessor_finds_its_member(string accessor) =>
        RuntimeHelpers.PrepareMethod(AllAccessors(typeof(MLNetInternals)).Single(method => Describe(method) == accessor).MethodHandle);

    [TestMethod]
    public void An_accessor_whose_member_has_gone_is_noticed() => Assert.ThrowsExactly<MissingMethodException>(
        () => RuntimeHelpers.PrepareMethod(AllAccessors(typeof(MLNetInternalsTests)).Single().MethodHandle));

    [TestMethod]
    public void A_save_and_a_load_context_do_what_the_accessors_say()
    {
        using var transformer = TransformerFixture.Transformer(_ml, new UpperCaseGenerator(prefix: "> "));
        using var file = new MemoryStream();
        _ml.Model.Save(transformer, null, file);
        file.Position = 0;
        using var loaded = (GrpoTransformer)new MLContext().Model.Load(file, out _);
        CollectionAssert.AreEqual(new[] { "> Q0" }, loaded.Transform(Question.View(_ml, 1)).Texts());
    }

    private static IEnumerable<object[]> Accessors => AllAccessors(typeof(MLNetInternals)).Select(method => new object[] { Describe(method) });

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "NoSuchMethod")]
    private static extern void Gone(MLContext context);

    private static IEnumerable<MethodInfo> AllAccessors(Type type) => type
        .GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
        .Where(method => method.GetCustomAttribute<UnsafeAccessorAttribute>() is not null);

    private static string Describe(MethodInfo method) => $"{method.Name} of {method.GetParameters()[0].ParameterType.Name} {method.GetParameters()[0].Name}";

    private Microsoft.ML.Runtime.IHost Host() => MLNetInternals.EnvironmentOf(_ml.Transforms).Register("test");
}
