using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Grpo;
using Microsoft.ML.Runtime;

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
            var ml = new MLContext(seed: 1);
            Log(ml);
            IDataView problems = ml.Data.LoadFromTextFile<Problem>(Path.Combine(Tiny, "problems.train.tsv"), hasHeader: true, allowQuoting: true);
            _ = JsonLines(ml, Path.Combine(directory, "problems.jsonl"));
            IDataView heldOut = ml.Data.TakeRows(problems, 8);
            Console.WriteLine(Pretrained("models/SmolLM2-135M-Instruct", heldOut).Steps);
            using GrpoTransformer policy = Train(ml, problems, heldOut);
            Look(policy);
            string output = Path.Combine(directory, "policy.zip");
            ml.Model.SaveAtomically(policy, problems.Schema, output);
            Export(policy, output);
            ExportGguf(policy, output);
            SaveByHand(ml, policy, problems, output);
            Ask(ml, policy);
            Transform(ml, policy, heldOut);
            Load(ml, output);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void Log(MLContext ml)
    {
        #region StartLog
        ml.Log += (_, line) =>
        {
            if (line.Source.StartsWith("Grpo", StringComparison.Ordinal) && line.Kind != ChannelMessageKind.Trace)
            {
                Console.WriteLine(line.RawMessage);
            }
        };
        #endregion
    }

    private static IDataView JsonLines(MLContext ml, string data)
    {
        File.WriteAllText(data, """{"prompt":"40+2=","answer":"42"}""");

        #region StartJsonLines
        Problem[] read = [.. File.ReadAllLines(data).Select(line => JsonSerializer.Deserialize<Problem>(line, JsonSerializerOptions.Web)!)];    // in any case
        IDataView rows = ml.Data.LoadFromEnumerable(read);
        #endregion

        return rows;
    }

    private static GrpoOptions Pretrained(string model, IDataView heldOut)
    {
        #region StartPretrained
        var options = new GrpoOptions
        {
            ModelPath = model,
            SystemPrompt = "Think step by step. Then answer with the number alone, between <answer> and </answer>.",
            Rewards =
            {
                Reward.ExactMatch("Answer", extract: @"<answer>\s*(.*?)\s*</answer>"),
                Reward.Format(@"<answer>.*?</answer>\s*$", weight: 0.2),
            },
            Steps = 100,
            MaxCompletionTokens = 256,
            Evaluation = { ValidationData = heldOut, EvaluateEverySteps = 20 },
            Progress = new StepLines(),
        };
        #endregion

        return options;
    }

    private static GrpoTransformer Train(MLContext ml, IDataView problems, IDataView heldOut)
    {
        var options = new GrpoOptions
        {
            ModelPath = Tiny,
            Rewards = { Reward.ExactMatch("Answer") },
            Steps = 2,
            PromptsPerRollout = 4,
            MaxCompletionTokens = 6,
            Evaluation = { ValidationData = heldOut },
            Progress = new StepLines(),
        };

        #region StartStop
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = true;   // the program goes on, with the policy of the last finished step
            stop.Cancel();
        };
        options.CancellationToken = stop.Token;
        options.OnCancel = CancellationBehavior.ReturnLastStep;
        #endregion

        return ml.Transforms.TrainGrpo(options).Fit(problems);
    }

    private static void Look(GrpoTransformer policy)
    {
        TrainingSummary run = policy.Training!;

        #region StartSummary
        foreach (IReadOnlyDictionary<string, double> step in run.Steps)
        {
            Console.WriteLine($"entropy {step["entropy"]:F2}, cut {step["completions/clipped_ratio"]:P0}, even groups {step["frac_reward_zero_std"]:P0}");
        }

        Console.WriteLine($"Scoring passes: {run.Work.Passes(WorkPurpose.Score)}, seed: {run.Seed}");
        #endregion
    }

    private static void Export(GrpoTransformer policy, string output)
    {
        #region StartExport
        string folder = Path.ChangeExtension(output, null);
        SavedWeights saved = policy.SavePretrained(folder, WeightType.BFloat16);
        Console.WriteLine(saved);    // what rounding took of what was learned
        #endregion
    }

    private static void ExportGguf(GrpoTransformer policy, string output)
    {
        #region StartGguf
        string gguf = Path.ChangeExtension(output, ".gguf");
        policy.SaveGguf(gguf);                                            // float32: the weights as they are
        policy.SaveGguf(gguf, new() { Type = WeightType.BFloat16 });    // or half the size, rounded
        policy.SaveGguf(gguf, new() { PlainTokenNames = true });          // or for a server that is sent token ids
        #endregion
    }

    private static void SaveByHand(MLContext ml, GrpoTransformer policy, IDataView problems, string output)
    {
        #region StartSaveByHand
        ml.Model.Save(policy, problems.Schema, output + ".tmp");
        File.Move(output + ".tmp", output, overwrite: true);
        #endregion
    }

    private static void Ask(MLContext ml, GrpoTransformer policy)
    {
        #region StartAsk
        using var engine = ml.Model.CreatePredictionEngine<Problem, Solution>(policy, new PredictionEngineOptions { OwnsTransformer = false });
        Console.WriteLine(engine.Predict(new Problem { Prompt = "37+48=" }).Completion);
        #endregion
    }

    private static void Transform(MLContext ml, GrpoTransformer policy, IDataView heldOut)
    {
        #region StartTransform
        IDataView answers = policy.Transform(heldOut);
        foreach (Solution answer in ml.Data.CreateEnumerable<Solution>(answers, reuseRowObject: false))
        {
            Console.WriteLine(answer.Completion);
        }
        #endregion
    }

    private static void Load(MLContext ml, string output)
    {
        string folder = Path.ChangeExtension(output, null);

        #region StartLoad
        ITransformer fromFile = ml.Model.Load(output, out DataViewSchema schema);
        using GrpoTransformer fromDirectory = ml.Transforms.LoadGrpoPolicy(folder);
        using GrpoTransformer withOptions = ml.Transforms.LoadGrpoPolicy(new GrpoOptions { ModelPath = folder, MaxCompletionTokens = 6 });
        #endregion

        Console.WriteLine(schema.Count);
        ((IDisposable)fromFile).Dispose();
    }
}
