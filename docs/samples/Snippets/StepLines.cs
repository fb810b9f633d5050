using Microsoft.ML.Grpo;

namespace Snippets;

/// <summary>The class of the program that docs/getting-started.md begins with, in short.</summary>
internal sealed class StepLines : IProgress<GrpoProgress>
{
    public void Report(GrpoProgress value)
    {
        if (value.Phase == GrpoPhase.StepDone)
        {
            Console.WriteLine($"{value.Step}/{value.Steps}: reward {value.Reward:F2}");
        }
    }
}
