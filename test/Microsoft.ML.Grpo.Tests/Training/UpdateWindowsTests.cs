namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class UpdateWindowsTests
{
    // Visits as rollout.iteration.slice; windows split by |.
    [TestMethod]
    [DataRow(4, 4, 1, "0.0.0 0.0.1 0.0.2 0.0.3|1.0.0 1.0.1 1.0.2 1.0.3")]
    [DataRow(4, 2, 1, "0.0.0 0.0.1 1.0.0 1.0.1|2.0.0 2.0.1 3.0.0 3.0.1")]
    [DataRow(4, 2, 2, "0.0.0 0.0.1 0.1.0 0.1.1|1.0.0 1.0.1 1.1.0 1.1.1")]
    [DataRow(4, 4, 2, "0.0.0 0.0.1 0.0.2 0.0.3|0.1.0 0.1.1 0.1.2 0.1.3")]
    [DataRow(1, 4, 1, "0.0.0|0.0.1")]
    [DataRow(3, 2, 1, "0.0.0 0.0.1 1.0.0|1.0.1 2.0.0 2.0.1")]
    [DataRow(1, 1, 1, "0.0.0|1.0.0")]
    public void Windows_of_a_number_of_steps(int accumulation, int slices, int iterations, string expected) =>
        Assert.AreEqual(expected, Text(UpdateWindows.OfSteps(new(accumulation, slices, iterations), 2)));

    [TestMethod]
    [DataRow(3, 2, 1, 2, "0.0.0 0.0.1 1.0.0|1.0.1|2.0.0 2.0.1 3.0.0|3.0.1")]
    [DataRow(4, 2, 1, 3, "0.0.0 0.0.1 1.0.0 1.0.1|2.0.0 2.0.1|3.0.0 3.0.1 4.0.0 4.0.1|5.0.0 5.0.1")]
    [DataRow(2, 1, 1, 1, "0.0.0|1.0.0")]
    [DataRow(1, 1, 2, 1, "0.0.0|0.1.0|1.0.0|1.1.0")]
    public void The_last_window_of_an_epoch_takes_what_is_left(int accumulation, int slices, int iterations, int rolloutsPerEpoch, string expected) =>
        Assert.AreEqual(expected, Text(UpdateWindows.OfEpochs(new(accumulation, slices, iterations), 2, rolloutsPerEpoch)));

    [TestMethod]
    public void The_number_of_steps_is_the_number_of_windows_and_every_visit_comes_once()
    {
        foreach (var (a, s, i, rollouts, epochs) in from a in Enumerable.Range(1, 5) from s in new[] { 1, 2, 4 } from i in new[] { 1, 2, 3 } from r in new[] { 1, 3, 5 } from e in new[] { 1, 3 } select (a, s, i, r, e))
        {
            var schedule = new Schedule(a, s, i);
            var windows = UpdateWindows.OfEpochs(schedule, epochs, rollouts).ToArray();
            Assert.AreEqual(windows.Length, UpdateWindows.StepsOfEpochs(schedule, epochs, rollouts));
            var visits = windows.SelectMany(w => w).ToArray();
            Assert.AreEqual(epochs * rollouts * s * i, visits.Distinct().Count());
            Assert.AreEqual(visits.Length, visits.Distinct().Count());
            CollectionAssert.AreEqual(visits.OrderBy(v => v.Rollout).ThenBy(v => v.Iteration).ThenBy(v => v.Index).ToArray(), visits);
            Assert.AreEqual(epochs * rollouts, visits.Count(v => v.OpensRollout));
            Assert.AreEqual(1, schedule.ShareDone(visits[^1]));
        }
    }

    [TestMethod]
    public void More_steps_than_can_be_counted_are_refused() =>
        Assert.ThrowsExactly<OverflowException>(() => UpdateWindows.StepsOfEpochs(new(1, 1, 4), int.MaxValue, 2));

    private static string Text(IEnumerable<IReadOnlyList<SliceVisit>> windows) =>
        string.Join('|', windows.Select(w => string.Join(' ', w.Select(v => $"{v.Rollout}.{v.Iteration}.{v.Index}"))));
}
