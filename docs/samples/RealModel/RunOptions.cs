using Microsoft.ML;
using Microsoft.ML.Grpo;

namespace RealModel;

/// <summary>The library's options for a run.</summary>
internal static class RunOptions
{
    private const string Score = "score";
    private const string Format = "format";

    public static GrpoOptions Of(RunSettings settings, Judge judge, HeldOutRecord record, StepReporter reporter, IDataView heldOut, CancellationToken cancellationToken)
    {
        var options = new GrpoOptions
        {
            ModelPath = settings.Model,
            SystemPrompt = settings.System,
            PromptFormat = settings.Raw ? PromptFormat.Raw : PromptFormat.Auto,
            GroupSize = settings.GroupSize,
            PromptsPerRollout = settings.PromptsPerRollout,
            MaxCompletionTokens = settings.MaxTokens,
            Steps = settings.Steps,
            Seed = settings.Seed,
            Lora = settings.Lora ? new() { Rank = RunSettings.LoraRank, Alpha = RunSettings.LoraAlpha } : null,
            Sampling = { Temperature = settings.Temperature },
            Optimizer = { LearningRate = settings.LearningRate, WarmupSteps = settings.WarmupSteps },
            Evaluation = { ValidationData = heldOut, Samples = settings.Samples },
            Execution = { Threads = settings.Threads },
            Logger = reporter,
            Progress = reporter,
            CancellationToken = cancellationToken,
            OnCancel = CancellationBehavior.ReturnLastStep,
        };

        // What does not teach is measured all the same, with no weight.
        double Weight(bool teaches, double weight = 1) => teaches && !settings.RandomReward ? weight : 0;
        options.Rewards.Add(record.ToReward(Weight(settings.Reward == RunSettings.OfCorrectness)));
        options.Rewards.Add(Reward.FromFunction(Score, (RewardSample sample) => judge.Score(sample), Weight(settings.Reward == RunSettings.OfScore), Judge.Columns));
        if (judge.HasForm)
        {
            options.Rewards.Add(Reward.FromFunction(Format, (RewardSample sample) => judge.IsFormatted(sample), Weight(true, settings.FormatWeight)));
        }

        if (settings.RandomReward)
        {
            options.Rewards.Add(RandomReward.Create(settings.Seed));
        }

        return options;
    }
}
