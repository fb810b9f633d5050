#region FirstRun
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Grpo;

if (args is not [string model, string data, string output])
{
    Console.Error.WriteLine("Usage: MODEL PROBLEMS.tsv POLICY.zip");
    return 1;
}

var ml = new MLContext(seed: 1);
IDataView rows = ml.Data.LoadFromTextFile<Problem>(data, hasHeader: true, allowQuoting: true);
DataOperationsCatalog.TrainTestData parts = ml.Data.TrainTestSplit(rows, testFraction: 0.1);
IDataView problems = parts.TrainSet;
IDataView heldOut = ml.Data.TakeRows(parts.TestSet, 100);

var options = new GrpoOptions
{
    ModelPath = model,
    PromptColumnName = "Prompt",
    Rewards = { Reward.ExactMatch("Answer") },
    Steps = 60,
    PromptsPerRollout = 16,                    // each step samples 16 × 8 completions
    GroupSize = 8,
    MaxCompletionTokens = 8,                   // the toy answers in a few characters; a chat model wants 128 and more
    Optimizer = { LearningRate = 5e-4 },       // the toy's; leave it out for a pretrained model (5e-6)
    Execution = { Threads = 1 },               // the toy's; leave it out where the machine is yours alone
    Evaluation = { ValidationData = heldOut },
    Progress = new StepLines(),
};
using GrpoTransformer policy = ml.Transforms.TrainGrpo(options).Fit(problems);

ml.Model.SaveAtomically(policy, problems.Schema, output);
TrainingSummary run = policy.Training!;
if (run.Steps is [.., var last] && last.TryGetValue("eval_reward", out double after))    // a run that was stopped has none
{
    Console.WriteLine($"Held-out reward: {run.InitialEvaluation["eval_reward"]:F3}, then {after:F3}.");
}

return 0;

internal sealed class Problem
{
    [LoadColumn(0)]
    public string Prompt { get; set; } = "";

    [LoadColumn(1)]
    public string Answer { get; set; } = "";
}

internal sealed class StepLines : IProgress<GrpoProgress>
{
    public void Report(GrpoProgress value)
    {
        if (value.Phase == GrpoPhase.StepDone)
        {
            Console.WriteLine($"{value.Step}/{value.Steps}: reward {value.Reward:F2}, {value.TokensPerSecond:F0} tokens/s, {value.Remaining:mm\\:ss} left");
        }
    }
}
#endregion
