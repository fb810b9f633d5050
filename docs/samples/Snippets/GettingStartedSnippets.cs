using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Grpo;

namespace Snippets;

/// <summary>What docs/getting-started.md shows, run on the tiny model for two steps.</summary>
internal static class GettingStartedSnippets
{
    private static readonly string Tiny = Path.Combine(AppContext.BaseDirectory, "TinyAdder");

    public static void Run()
    {
        string directory = Directory.CreateTempSubdirectory("grpo-snippets-").FullName;
        try
        {
            MLContext ml = Context();
            IDataView problems = Tsv(ml, Path.Combine(Tiny, "problems.train.tsv"));
            _ = JsonLines(ml, Path.Combine(directory, "problems.jsonl"));
            IDataView heldOut = ml.Data.TakeRows(problems, 8);
            using GrpoTransformer policy = Train(ml, Tiny, problems, heldOut);
            Look(policy);
            Save(ml, policy, problems, directory);
            Ask(ml, policy);
            Load(ml, directory);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static MLContext Context()
    {
        #region StartLog
        var ml = new MLContext(seed: 1);
        ml.Log += (_, line) =>
        {
            if (line.Source.StartsWith("GrpoEstimator", StringComparison.Ordinal))
            {
                Console.WriteLine(line.RawMessage);
            }
        };
        #endregion

        return ml;
    }

    private static IDataView Tsv(MLContext ml, string path)
    {
        #region StartTsv
        IDataView problems = ml.Data.LoadFromTextFile<Problem>(path, hasHeader: true, allowQuoting: true);
        #endregion

        return problems;
    }

    private static IDataView JsonLines(MLContext ml, string path)
    {
        File.WriteAllText(path, """{"Prompt":"40+2=","Answer":"42"}""");

        #region StartJsonLines
        IEnumerable<Problem> rows = File.ReadLines(path).Select(line => JsonSerializer.Deserialize<Problem>(line)!);
        IDataView problems = ml.Data.LoadFromEnumerable(rows);
        #endregion

        return problems;
    }

    private static GrpoTransformer Train(MLContext ml, string model, IDataView problems, IDataView heldOut)
    {
        var options = new GrpoOptions { ModelPath = model, Rewards = { Reward.ExactMatch("Answer") }, Steps = 2, PromptsPerRollout = 4, MaxCompletionTokens = 6 };

        #region StartWatch
        options.Evaluation.ValidationData = heldOut;
        options.Progress = new Progress<GrpoProgress>(p =>
        {
            if (p.Phase == GrpoPhase.StepDone)
            {
                Console.WriteLine($"{p.Step}/{p.Steps}: reward {p.Reward:F2}, {p.TokensPerSecond:F0} tokens/s, {p.Remaining:mm\\:ss} left");
            }
        });
        GrpoTransformer policy = ml.Transforms.TrainGrpo(options).Fit(problems);
        #endregion

        return policy;
    }

    private static void Look(GrpoTransformer policy)
    {
        #region StartSummary
        TrainingSummary run = policy.Training!;
        Console.WriteLine($"Held-out reward: {run.InitialEvaluation["eval_reward"]:F3}, then {run.Steps[^1]["eval_reward"]:F3}");
        Console.WriteLine($"Scoring passes: {run.Work.Passes(WorkPurpose.Score)}, seed: {run.Seed}");
        #endregion
    }

    private static void Save(MLContext ml, GrpoTransformer policy, IDataView problems, string directory)
    {
        string file = Path.Combine(directory, "policy.zip");

        #region StartSave
        ml.Model.SaveAtomically(policy, problems.Schema, file);
        policy.SavePretrained(Path.Combine(directory, "policy"));
        #endregion

        #region StartSaveByHand
        ml.Model.Save(policy, problems.Schema, file + ".tmp");
        File.Move(file + ".tmp", file, overwrite: true);
        #endregion
    }

    private static void Ask(MLContext ml, GrpoTransformer policy)
    {
        #region StartAsk
        using var engine = ml.Model.CreatePredictionEngine<Problem, Solution>(policy, new PredictionEngineOptions { OwnsTransformer = false });
        Console.WriteLine(engine.Predict(new Problem { Prompt = "37+48=" }).Completion);
        #endregion
    }

    private static void Load(MLContext ml, string directory)
    {
        #region StartLoad
        ITransformer fromFile = ml.Model.Load(Path.Combine(directory, "policy.zip"), out DataViewSchema schema);
        using GrpoTransformer fromDirectory = ml.Transforms.LoadGrpoPolicy(Path.Combine(directory, "policy"));
        #endregion

        Console.WriteLine(schema.Count);
        ((IDisposable)fromFile).Dispose();
    }
}
