using Microsoft.ML;
using Microsoft.ML.Grpo;

namespace Snippets;

/// <summary>What docs/lora.md shows, run on the tiny model for two steps.</summary>
internal static class LoraSnippets
{
    private static readonly string Tiny = Path.Combine(AppContext.BaseDirectory, "TinyAdder");

    public static void Run()
    {
        string directory = Directory.CreateTempSubdirectory("grpo-snippets-").FullName;
        try
        {
            var ml = new MLContext(seed: 1);
            IDataView problems = ml.Data.LoadFromTextFile<Problem>(Path.Combine(Tiny, "problems.train.tsv"), hasHeader: true, allowQuoting: true);
            string adapter = Path.Combine(directory, "adapter"), merged = Path.Combine(directory, "merged"), gguf = Path.Combine(directory, "adapter.gguf");
            using GrpoTransformer policy = Train(ml, Tiny, problems);
            Save(policy, adapter, merged, gguf);
            Load(ml, Tiny, adapter);
            GoOn(ml, policy, problems);
            GoOnFromFile(ml, policy, problems, Path.Combine(directory, "policy.zip"));
            Console.WriteLine(Chosen().TargetModules.Count);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static GrpoTransformer Train(MLContext ml, string model, IDataView problems)
    {
        #region LoraTrain
        var options = new GrpoOptions
        {
            ModelPath = model,
            Rewards = { Reward.ExactMatch("Answer") },
            Lora = new(),
            Steps = 2,
            PromptsPerRollout = 4,
            MaxCompletionTokens = 6,
        };
        GrpoTransformer policy = ml.Transforms.TrainGrpo(options).Fit(problems);
        #endregion

        return policy;
    }

    private static LoraOptions Chosen()
    {
        #region LoraOptions
        var lora = new LoraOptions { Rank = 8, Alpha = 16, TargetModules = { "q_proj", "v_proj", "down_proj" } };
        #endregion

        return lora;
    }

    private static void Save(GrpoTransformer policy, string adapter, string merged, string gguf)
    {
        #region LoraSave
        policy.SaveAdapter(adapter);      // the adapter alone, for PEFT and for AdapterPath
        policy.SavePretrained(merged);    // a whole model with the adapter merged, for anything that loads models
        policy.SaveAdapterGguf(gguf);     // the adapter alone, for --lora of llama.cpp; SaveGguf writes the whole model for it
        #endregion
    }

    private static void Load(MLContext ml, string model, string adapter)
    {
        #region LoraLoad
        using GrpoTransformer loaded = ml.Transforms.LoadGrpoPolicy(new GrpoOptions { ModelPath = model, Lora = new() { AdapterPath = adapter } });
        #endregion

        Console.WriteLine(loaded.IsRowToRowMapper);
    }

    private static void GoOn(MLContext ml, GrpoTransformer policy, IDataView problems)
    {
        #region LoraGoOn
        var options = new GrpoOptions
        {
            InitialPolicy = policy,    // not changed; its adapter is copied and trained further
            Rewards = { Reward.ExactMatch("Answer") },
            Steps = 2,
            PromptsPerRollout = 4,
            MaxCompletionTokens = 6,
            Seed = 2,                  // another than before: else the same prompts come again, in the same order
            Optimizer = { LearningRate = 5e-5 },
        };
        using GrpoTransformer further = ml.Transforms.TrainGrpo(options).Fit(problems);
        #endregion

        Console.WriteLine(further.Training!.Steps.Count);
    }

    private static void GoOnFromFile(MLContext ml, GrpoTransformer policy, IDataView problems, string file)
    {
        #region LoraGoOnFromFile
        ml.Model.Save(policy, problems.Schema, file);

        using var saved = (GrpoTransformer)ml.Model.Load(file, out _);
        var options = new GrpoOptions
        {
            InitialPolicy = saved,
            Lora = saved.HasAdapter ? null : new(),    // the adapter that it has, or a new one
            Rewards = { Reward.ExactMatch("Answer") },
            Steps = 2,
            PromptsPerRollout = 4,
            MaxCompletionTokens = 6,
            Seed = 3,
        };
        using GrpoTransformer further = ml.Transforms.TrainGrpo(options).Fit(problems);
        #endregion

        Console.WriteLine(further.HasAdapter);
    }
}
