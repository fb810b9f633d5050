namespace Microsoft.ML.Grpo.Tests;

/// <summary>Against transformers' get_constant_schedule_with_warmup, get_linear_schedule_with_warmup and get_cosine_schedule_with_warmup.</summary>
[TestClass]
public class LearningRatesTests
{
    [TestMethod]
    [DataRow(LearningRateSchedule.Constant, new[] { 0.0, 0.5, 1, 1, 1, 1, 1, 1, 1, 1 })]
    [DataRow(LearningRateSchedule.Linear, new[] { 0.0, 0.5, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125 })]
    [DataRow(
        LearningRateSchedule.Cosine,
        new[] { 0.0, 0.5, 1, 0.9619397662556434, 0.8535533905932737, 0.6913417161825449, 0.5, 0.3086582838174551, 0.14644660940672627, 0.03806023374435663 })]
    public void Ten_steps_with_two_of_warm_up(LearningRateSchedule schedule, double[] shares)
    {
        var rates = new LearningRates(3e-4, schedule, 2, 10);
        for (var step = 0; step < shares.Length; step++)
        {
            Assert.AreEqual(3e-4 * shares[step], rates.At(step), 1e-18, $"step {step}");
        }
    }

    [TestMethod]
    public void Without_warm_up_the_first_step_has_the_full_rate()
    {
        foreach (var schedule in Enum.GetValues<LearningRateSchedule>())
        {
            Assert.AreEqual(0.1, new LearningRates(0.1, schedule, 0, 5).At(0));
        }
    }

    [TestMethod]
    public void A_run_that_is_all_warm_up_divides_by_no_zero()
    {
        foreach (var schedule in Enum.GetValues<LearningRateSchedule>())
        {
            Assert.AreEqual(0.075, new LearningRates(0.1, schedule, 4, 4).At(3), 1e-15);
        }
    }

    [TestMethod]
    public void A_run_uses_the_rates_in_order()
    {
        using var run = new TinyRun(o => (o.Steps, o.Optimizer.Schedule, o.Optimizer.WarmupSteps) = (5, LearningRateSchedule.Linear, 1));
        var rates = run.Train().Steps.Select(s => s["learning_rate"]).ToArray();
        Near.AreEqual([0, 2e-3, 1.5e-3, 1e-3, 5e-4], rates, 1e-15, "rate");
    }
}
