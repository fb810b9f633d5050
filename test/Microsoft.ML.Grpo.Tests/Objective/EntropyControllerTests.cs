namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class EntropyControllerTests
{
    private static readonly EntropyTarget Target = new(Entropy: .2, Step: .05, Minimum: .1, Maximum: .3);

    [TestMethod]
    public void Without_a_target_the_coefficient_never_moves_and_is_always_applied()
    {
        var controller = new EntropyController(.4, null);
        Assert.AreEqual(.4, controller.Applied);
        controller.Update(9, 3);
        Assert.AreEqual(.4, controller.Applied);
        Assert.AreEqual(new EntropyState(.4, 3), controller.State);
    }

    [TestMethod]
    public void Nothing_is_applied_before_an_entropy_is_known()
    {
        var controller = new EntropyController(.2, Target);
        Assert.AreEqual(new EntropyState(.2, double.PositiveInfinity), controller.State);
        Assert.AreEqual(0.0, controller.Applied);
    }

    [TestMethod]
    public void An_entropy_on_the_target_or_below_raises_the_coefficient_and_applies_it()
    {
        var controller = new EntropyController(.2, Target);
        controller.Update(.4, 2);
        Assert.AreEqual(new EntropyState(.25, .2), controller.State);
        Assert.AreEqual(.25, controller.Applied);
    }

    [TestMethod]
    public void An_entropy_above_the_target_lowers_the_coefficient_and_applies_none()
    {
        var controller = new EntropyController(.2, Target);
        controller.Update(.42, 2);
        Near.AreEqual(.15, controller.State.Coefficient, 1e-15, "coefficient");
        Assert.AreEqual(.21, controller.State.LastEntropy);
        Assert.AreEqual(0.0, controller.Applied);
    }

    [TestMethod]
    public void The_coefficient_stays_between_its_bounds()
    {
        var controller = new EntropyController(.28, Target);
        controller.Update(0, 5);
        Assert.AreEqual(.3, controller.State.Coefficient);
        controller.State = new(.12, 0);
        controller.Update(5, 5);
        Assert.AreEqual(.1, controller.State.Coefficient);
    }

    [TestMethod]
    public void An_update_without_tokens_has_entropy_0()
    {
        var controller = new EntropyController(.2, Target);
        controller.Update(0, 0);
        Assert.AreEqual(new EntropyState(.25, 0), controller.State);
    }

    [TestMethod]
    public void Its_state_can_be_set_and_goes_on_from_there()
    {
        var first = new EntropyController(.2, Target);
        first.Update(.1, 1);
        var second = new EntropyController(9, Target) { State = first.State };
        Assert.AreEqual(first.Applied, second.Applied);
        first.Update(.5, 1);
        second.Update(.5, 1);
        Assert.AreEqual(first.State, second.State);
    }
}
