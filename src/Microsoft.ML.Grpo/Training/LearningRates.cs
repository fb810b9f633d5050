namespace Microsoft.ML.Grpo;

/// <summary>The learning rate of each step, as transformers' schedulers give it.</summary>
/// <param name="Peak">The rate after warm-up.</param>
/// <param name="Schedule">What follows warm-up.</param>
/// <param name="WarmupSteps">Steps over which the rate rises from 0, the first of them at 0.</param>
/// <param name="Steps">Steps of the run.</param>
internal sealed record LearningRates(double Peak, LearningRateSchedule Schedule, int WarmupSteps, int Steps)
{
    /// <summary>The rate of a step.</summary>
    /// <param name="step">Steps finished before it, from 0.</param>
    public double At(int step)
    {
        if (step < WarmupSteps)
        {
            return Peak * step / Math.Max(1, WarmupSteps);
        }

        var progress = (step - WarmupSteps) / (double)Math.Max(1, Steps - WarmupSteps);
        return Schedule switch
        {
            LearningRateSchedule.Constant => Peak,
            LearningRateSchedule.Linear => Peak * Math.Max(0, 1 - progress),
            LearningRateSchedule.Cosine => Peak * Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * progress))),
            _ => throw new InvalidOperationException($"No learning-rate schedule {Schedule}."),
        };
    }
}
