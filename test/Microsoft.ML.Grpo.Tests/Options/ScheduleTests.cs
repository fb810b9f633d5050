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

    // The rows of the table in the specification's section 2.4, in its order.
    [TestMethod]
    [DataRow(4, 4, 1, 4, true)]
    [DataRow(4, 2, 1, 2, true)]
    [DataRow(4, 2, 2, 4, true)]
    [DataRow(4, 4, 2, 8, false)]
    [DataRow(1, 4, 1, 4, false)]
    [DataRow(3, 2, 1, 2, false)]
    public void A_schedule_is_aligned_when_an_update_takes_whole_rollouts_with_all_their_walks(int accumulation, int slices, int iterations, int between, bool aligned)
    {
        var schedule = new Schedule(accumulation, slices, iterations);
        Assert.AreEqual(between, schedule.SlicesBetweenRollouts);
        Assert.AreEqual(aligned, schedule.Aligned);
    }

    [TestMethod]
    public void With_as_many_slices_as_an_update_takes_any_second_walk_is_not_aligned()
    {
        foreach (var slices in Enumerable.Range(1, 8))
        {
            Assert.IsTrue(new Schedule(slices, slices, 1).Aligned);
            Assert.IsTrue(Enumerable.Range(2, 5).All(iterations => !new Schedule(slices, slices, iterations).Aligned));
        }
    }

    [TestMethod]
    public void It_is_aligned_just_when_no_update_leaves_a_rollout_half_walked_short_last_windows_of_epochs_included()
    {
        foreach (var (a, s, i, rollouts) in from a in Enumerable.Range(1, 12) from s in Enumerable.Range(1, 4) from i in Enumerable.Range(1, 3) from r in Enumerable.Range(1, 7) select (a, s, i, r))
        {
            var schedule = new Schedule(a, s, i);
            var whole = UpdateWindows.OfEpochs(schedule, 2, rollouts).All(window => schedule.ShareDone(window[^1]) == 1);

            // An epoch within one window leaves nothing half walked either, but the schedule does not count on it.
            Assert.AreEqual(schedule.Aligned || a >= rollouts * schedule.SlicesBetweenRollouts, whole, $"{schedule}, {rollouts} rollouts");
        }
    }

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
