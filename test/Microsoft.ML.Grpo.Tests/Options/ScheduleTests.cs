namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class ScheduleTests
{
    [TestMethod]
    public void A_rollout_that_is_one_update_is_aligned() => Assert.IsTrue(new Schedule(4, 4, 1).Aligned);

    [TestMethod]
    public void Two_rollouts_gathered_into_one_update_are_aligned() => Assert.IsTrue(new Schedule(4, 2, 1).Aligned);

    [TestMethod]
    public void A_rollout_walked_twice_within_one_update_is_aligned() => Assert.IsTrue(new Schedule(4, 2, 2).Aligned);

    [TestMethod]
    public void A_rollout_walked_once_an_update_but_twice_in_all_is_not_aligned() => Assert.IsFalse(new Schedule(4, 4, 2).Aligned);

    [TestMethod]
    public void Several_updates_from_one_rollout_are_not_aligned() => Assert.IsFalse(new Schedule(1, 4, 1).Aligned);

    [TestMethod]
    public void An_update_that_straddles_rollouts_is_not_aligned() => Assert.IsFalse(new Schedule(3, 2, 1).Aligned);

    [TestMethod]
    public void Slices_between_rollouts_do_not_overflow() =>
        Assert.AreEqual(1L << 40, new Schedule(1, 1 << 20, 1 << 20).SlicesBetweenRollouts);

    [TestMethod]
    [DataRow(0, 1, 1, "Accumulation")]
    [DataRow(1, 0, 1, "SlicesPerRollout")]
    [DataRow(1, 1, -1, "Iterations")]
    public void Every_number_is_at_least_1(int accumulation, int slices, int iterations, string name)
    {
        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new Schedule(accumulation, slices, iterations));
        Assert.AreEqual(name, error.ParamName);
        StringAssert.Contains(error.Message, "Set it to 1 or more.");
    }
}
