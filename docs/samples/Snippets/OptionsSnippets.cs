using Microsoft.ML;
using Microsoft.ML.Grpo;

namespace Snippets;

/// <summary>What docs/options.md shows. An estimator is made of each, which refuses options that break a rule.</summary>
internal static class OptionsSnippets
{
    public static void Run()
    {
        var ml = new MLContext(seed: 1);
        foreach (var options in new[] { Make(), Gspo(), Dapo(), Own(), Corrected(), Adapters() })
        {
            Console.WriteLine(ml.Transforms.TrainGrpo(options));
        }
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

    private static GrpoOptions Gspo()
    {
        #region Gspo
        var options = new GrpoOptions
        {
            ModelPath = "models/SmolLM2-135M-Instruct",
            Rewards = { Reward.ExactMatch("Answer") },
            StepsPerRollout = 4,
            Loss = { Type = LossType.Grpo, RatioLevel = RatioLevel.Sequence, EpsilonLow = 3e-4, EpsilonHigh = 4e-4 },
        };
        #endregion

        return options;
    }

    private static GrpoOptions Dapo()
    {
        #region Dapo
        var options = new GrpoOptions
        {
            ModelPath = "models/SmolLM2-135M-Instruct",
            Rewards = { Reward.ExactMatch("Answer") },
            Steps = 100,
            StepsPerRollout = 4,
            MinInformativeGroups = 16,
            MaxResampleRounds = 5,
            Loss = { EpsilonHigh = 0.28, MaskTruncatedCompletions = true },
        };
        #endregion

        return options;
    }

    private static GrpoOptions Own()
    {
        #region OwnLoss
        // The plain policy gradient: no ratio, no clip.
        PolicyLoss reinforce = PolicyLoss.Custom("reinforce", terms => -(terms.Lp * terms.Advantages));

        var options = new GrpoOptions
        {
            ModelPath = "models/SmolLM2-135M-Instruct",
            Rewards = { Reward.ExactMatch("Answer") },
            Loss = { Custom = reinforce },
        };
        #endregion

        return options;
    }

    private static GrpoOptions Corrected()
    {
        #region Correction
        var options = new GrpoOptions
        {
            ModelPath = "models/SmolLM2-135M-Instruct",
            Rewards = { Reward.ExactMatch("Answer") },
            RolloutEngine = new RoundedRolloutEngine(RoundedWeights.EightBit),
            ImportanceSampling = { Mode = CorrectionMode.TokenTruncate, MaxRatio = 2 },
        };
        #endregion

        return options;
    }

    private static GrpoOptions Adapters()
    {
        #region Lora
        var options = new GrpoOptions
        {
            ModelPath = "models/SmolLM2-135M-Instruct",
            Rewards = { Reward.ExactMatch("Answer") },
            Lora = new() { Rank = 16, Alpha = 32 },
            Loss = { Beta = 0.01 },
        };
        #endregion

        return options;
    }
}
