using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class EmbeddingRowsTests
{
    public static IEnumerable<object[]> Forms => [[DeviceType.CPU], [DeviceType.CUDA]];

    [TestMethod]
    [DynamicData(nameof(Forms))]
    public void The_form_for_a_device_looks_rows_up_and_adds_the_gradients_of_a_token_that_occurs_twice(DeviceType device)
    {
        using var scope = NewDisposeScope();
        var table = tensor(new double[,] { { 1, 2 }, { 3, 4 }, { 5, 6 } }, requires_grad: true);
        var rows = EmbeddingRows.FormFor(device)(table, tensor(new long[] { 2, 0, 2 }));
        CollectionAssert.AreEqual(new double[] { 5, 6, 1, 2, 5, 6 }, rows.detach().data<double>().ToArray());

        rows.backward([tensor(new double[,] { { 1, 10 }, { 2, 20 }, { 4, 40 } })]);
        CollectionAssert.AreEqual(new double[] { 2, 20, 0, 0, 5, 50 }, table.grad!.data<double>().ToArray());
    }

    [TestMethod]
    [DynamicData(nameof(Forms))]
    public void The_form_for_a_device_makes_no_tensor_elsewhere(DeviceType device)
    {
        using var scope = NewDisposeScope();
        var table = empty([3, 2], device: META, requires_grad: true);
        var rows = EmbeddingRows.FormFor(device)(table, empty([5], ScalarType.Int64, META));
        CollectionAssert.AreEqual(new long[] { 5, 2 }, rows.shape);
        rows.sum().backward();
        Assert.AreEqual(DeviceType.META, table.grad!.device_type);
    }

    [TestMethod]
    public void CUDA_has_a_form_of_its_own_since_the_gradient_of_a_gather_adds_atomically_there()
    {
        Assert.AreEqual(EmbeddingRows.ByIndex, EmbeddingRows.FormFor(DeviceType.CUDA));
        Assert.AreEqual(EmbeddingRows.ByGather, EmbeddingRows.FormFor(DeviceType.CPU));
    }
}
