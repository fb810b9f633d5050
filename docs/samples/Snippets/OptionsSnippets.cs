using Microsoft.ML.Grpo;

namespace Snippets;

/// <summary>What docs/options.md shows.</summary>
internal static class OptionsSnippets
{
    public static void Run()
    {
        Console.WriteLine(Make().Rewards.Count);
    }

    private static GrpoOptions Make()
    {
        #region Options
        var options = new GrpoOptions
        {
            ModelPath = "models/SmolLM2-135M-Instruct",
            SystemPrompt = "Answer with the number alone, between <answer> and </answer>.",
            Rewards =
            {
                Reward.ExactMatch("Answer", extract: @"<answer>\s*(.*?)\s*</answer>"),
                Reward.Format(@"<answer>.*?</answer>\s*$", weight: 0.2),
            },
            Steps = 100,
            MaxCompletionTokens = 128,
            Optimizer = { LearningRate = 2e-6, Schedule = LearningRateSchedule.Linear },
        };
        #endregion

        return options;
    }
}
