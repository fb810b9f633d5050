using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>What every network does with a row's further input, and a network that reads it.</summary>
[TestClass]
public class FurtherInputNetworkTests
{
    [TestMethod]
    public void A_network_of_ids_alone_refuses_a_row_that_has_more()
    {
        using var scope = NewDisposeScope();
        using var model = RandomModel.Create();
        var error = Assert.ThrowsExactly<ArgumentException>(() => model.Hidden(Ids(2), rows: new() { Further = [null, "an image"] }));
        StringAssert.StartsWith(error.Message, "A row has a further input, a String, but a network of kind llama reads ids alone and would train as if there were none.");
        Assert.AreEqual(2, model.Hidden(Ids(2), rows: new() { Further = [null, null] }).shape[0]);
    }

    [TestMethod]
    public void A_pass_refuses_what_is_known_of_another_number_of_rows()
    {
        using var scope = NewDisposeScope();
        using var model = BiasedByInputLM.Create();
        var further = Assert.ThrowsExactly<ArgumentException>(() => model.Hidden(Ids(2), rows: new() { Further = [1.0] }));
        StringAssert.StartsWith(further.Message, "The pass has 2 rows, but there are 1 further inputs and 2 places for dropout.");
        var dropout = Assert.ThrowsExactly<ArgumentException>(() => model.Hidden(Ids(2), rows: new() { Dropout = new(1, 0, 0, WorkPurpose.Loss, [0, 1, 2]) }));
        StringAssert.StartsWith(dropout.Message, "The pass has 2 rows, but there are 2 further inputs and 3 places for dropout.");
    }

    [TestMethod]
    public void Nothing_is_made_of_rows_that_have_neither_input_nor_dropout()
    {
        Assert.IsNull(ForwardRows.Of([null, null]));
        CollectionAssert.AreEqual(new object?[] { null, 2.0 }, ForwardRows.Of([null, 2.0])!.Further!.ToArray());
        var dropout = new DropoutKey(1, 2, 3, WorkPurpose.Loss, [0, 1]);
        Assert.AreEqual(new ForwardRows { Dropout = dropout }, ForwardRows.Of([null, null], dropout));
    }

    [TestMethod]
    public void A_row_with_a_mask_sees_its_input_too()
    {
        using var scope = NewDisposeScope();
        using var model = BiasedByInputLM.Create();
        var padded = model.Hidden(tensor(new long[,] { { 0, 0, 5, 7 }, { 1, 2, 3, 4 } }), tensor(new long[,] { { 0, 0, 1, 1 }, { 1, 1, 1, 1 } }), new() { Further = [1.5, null] });
        var alone = model.Hidden(tensor(new long[,] { { 5, 7 } }), rows: new() { Further = [1.5] });
        Assert.IsTrue((padded[0].narrow(0, 2, 2) - alone[0]).abs().max().item<double>() <= 1e-12);
    }

    [TestMethod]
    public void A_frozen_copy_is_a_network_of_the_same_kind_with_weights_of_its_own()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = BiasedByInputLM.Create();
        using var copy = model.CloneFrozen();
        Assert.IsInstanceOfType<BiasedByInputLM>(copy);
        var rows = new ForwardRows { Further = [1.5, -0.5] };
        var before = model.Hidden(Ids(2), rows: rows);
        Assert.AreEqual(before, copy.Hidden(Ids(2), rows: rows));
        model.Parameters["model.norm.weight"].mul_(Scalars.Of(2));
        Assert.AreEqual(before, copy.Hidden(Ids(2), rows: rows));
        Assert.AreNotEqual(before, model.Hidden(Ids(2), rows: rows));
    }

    private static Tensor Ids(int rows) => Sums.Range(rows * 3, CPU).Plus(Scalars.Of(5)).view(rows, 3);
}
