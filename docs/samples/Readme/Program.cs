#region Readme
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Grpo;

string adder = Path.Combine(AppContext.BaseDirectory, "TinyAdder");   // a tiny model that adds badly, and problems for it
var ml = new MLContext(seed: 1);
IDataView Load(string name) => ml.Data.LoadFromTextFile<Problem>(Path.Combine(adder, name), hasHeader: true);
IDataView train = Load("problems.train.tsv");

using GrpoTransformer policy = ml.Transforms.TrainGrpo(new GrpoOptions
{
    ModelPath = adder,
    Rewards = { Reward.ExactMatch("Answer") },
    PromptsPerRollout = 32,
    Steps = 60,
    MaxCompletionTokens = 6,
    Optimizer = { LearningRate = 5e-4 },
    Execution = { Threads = 1 },                                      // its matrices are too small for more
    Evaluation = { ValidationData = ml.Data.TakeRows(Load("problems.heldout.tsv"), 200), Samples = 4 },
    Progress = new EveryTenSteps(),
}).Fit(train);

TrainingSummary run = policy.Training!;
Console.WriteLine($"Held-out answers right: {run.InitialEvaluation["eval_reward"]:P0} before, {run.Steps[^1]["eval_reward"]:P0} after.");
Console.WriteLine($"Scoring passes run: {run.Work.Passes(WorkPurpose.Score)}.");

string file = Path.Combine(AppContext.BaseDirectory, "adder.zip");
ml.Model.SaveAtomically(policy, train.Schema, file);
using var engine = ml.Model.CreatePredictionEngine<Problem, Solution>(ml.Model.Load(file, out _));
Console.WriteLine($"37+48={engine.Predict(new Problem { Prompt = "37+48=" }).Completion}");

internal sealed record Problem
{
    [LoadColumn(0)] public string Prompt { get; set; } = "";
    [LoadColumn(1)] public string Answer { get; set; } = "";
}

internal sealed record Solution { public string Completion { get; set; } = ""; }

internal sealed class EveryTenSteps : IProgress<GrpoProgress>
{
    public void Report(GrpoProgress p) => Console.Write(p.Phase == GrpoPhase.StepDone && p.Step % 10 == 0 ? $"Step {p.Step}: reward {p.Reward:F2}\n" : "");
}
#endregion
