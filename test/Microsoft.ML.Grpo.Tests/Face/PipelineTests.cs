using System.IO.Compression;
using System.Text;
using Microsoft.ML.Data;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class PipelineTests : FaceTests
{
    [TestMethod]
    public void The_short_overload_trains_one_epoch_with_the_default_columns()
    {
        var estimator = Ml.Transforms.TrainGrpo(Model, rewards: Reward.FromFunction("length", sample => sample.CompletionIds.Count));
        var shape = estimator.GetOutputSchema(MLNetInternals.ShapeOf(Question.View(Ml, 1).Schema));
        CollectionAssert.AreEqual(new[] { "Prompt", "Number", "Vector", "Completion" }, shape.Select(column => column.Name).ToList());
        var error = Assert.ThrowsExactly<GrpoOptionsException>(() => Ml.Transforms.TrainGrpo(Model, "", "Completion"));
        StringAssert.Contains(error.Message, "PromptColumnName is empty");
        StringAssert.Contains(error.Message, "Rewards is empty");
    }

    [TestMethod]
    public void It_trains_and_completes_in_a_chain_between_built_ins()
    {
        var data = Question.View(Ml, 8);
        var options = TinyModel.Options(Model);
        (options.PromptColumnName, options.OutputColumnName) = ("Asked", "Said");
        var pipeline = Ml.Transforms.CopyColumns("Asked", "Prompt").Append(Ml.Transforms.TrainGrpo(options)).Append(Ml.Transforms.CopyColumns("Completion", "Said"));
        var chain = pipeline.Fit(data);
        using var owner = (IDisposable)chain;
        var output = chain.Transform(data);
        CollectionAssert.AreEqual(
            new[] { "Prompt", "Number", "Asked", "Said", "LogProb", "Reason", "Completion" },
            output.Schema.Where(column => column.Name != "Vector").Select(column => column.Name).ToList());
        CollectionAssert.AreEqual(
            pipeline.GetOutputSchema(MLNetInternals.ShapeOf(data.Schema)).Select(column => column.Name).ToList(), output.Schema.Select(column => column.Name).ToList());
        var answers = Ml.Data.CreateEnumerable<Answer>(output, reuseRowObject: false).ToList();
        Assert.HasCount(8, answers);
        Assert.IsTrue(answers.All(answer => answer.LogProb < 0 && answer.Reason is "Stop" or "Length"), string.Join(", ", answers.Select(a => $"{a.LogProb} {a.Reason}")));
        CollectionAssert.AreEqual(output.Texts("Said"), output.Texts());
        Assert.HasCount(3, output.Preview(maxRows: 3).RowView);

        Ml.Model.Save(chain, data.Schema, Folder["chain.zip"]);
        var loaded = new MLContext().Model.Load(Folder["chain.zip"], out _);
        using var loadedOwner = (IDisposable)loaded;
        CollectionAssert.AreEqual(output.Answers(Ml), loaded.Transform(data).Answers(Ml));
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    public void A_completion_depends_neither_on_the_batch_nor_on_the_rows_beside_it(int temperature)
    {
        using var policy = Fit(o => (o.Generation.Temperature, o.Generation.BatchSize) = (temperature, 3));
        using var alone = Fit(o => (o.Generation.Temperature, o.Generation.BatchSize) = (temperature, 1));
        var all = policy.Transform(Question.View(Ml, 10));
        var texts = all.Texts();
        CollectionAssert.AreEqual(texts, alone.Transform(Question.View(Ml, 10)).Texts());
        CollectionAssert.AreEqual(texts[4..7], policy.Transform(Ml.Data.TakeRows(Ml.Data.SkipRows(Question.View(Ml, 10), 4), 3)).Texts());
        CollectionAssert.AreEqual(texts[4..7], Ml.Data.TakeRows(Ml.Data.SkipRows(all, 4), 3).Texts());
        Assert.IsGreaterThan(1, texts.Distinct().Count());
    }

    [TestMethod]
    public void A_prediction_engine_says_what_transform_says_and_owns_the_policy_unless_told_otherwise()
    {
        var policy = Fit();
        var expected = policy.Transform(Question.View(Ml, 3)).Answers(Ml);
        using (var shared = Ml.Model.CreatePredictionEngine<Question, Answer>(policy, new PredictionEngineOptions { OwnsTransformer = false }))
        {
            var answer = shared.Predict(new Question { Prompt = Question.Text(2) });
            Assert.AreEqual(expected[2].Split('|')[0], answer.Completion);
            Assert.AreEqual(expected[2].Split('|')[2], answer.Reason);
        }

        CollectionAssert.AreEqual(expected, policy.Transform(Question.View(Ml, 3)).Answers(Ml));
        Ml.Model.CreatePredictionEngine<Question, Answer>(policy).Dispose();
        policy.Dispose();
        Action[] doors =
        [
            () => policy.Transform(Question.View(Ml, 1)),
            () => policy.SavePretrained(Folder["never"]),
            () => Ml.Model.Save(policy, null, Stream.Null),
            () => policy.GetRowToRowMapper(Question.View(Ml, 1).Schema),
        ];
        foreach (var door in doors)
        {
            StringAssert.Contains(Assert.ThrowsExactly<ObjectDisposedException>(door).Message, "OwnsTransformer = false");
        }

        CollectionAssert.AreEqual(new[] { "model" }, Folder.Names.ToList());
    }

    [TestMethod]
    [DataRow(Precision.Float32)]
    [DataRow(Precision.Float64)]
    public void A_loaded_model_completes_to_the_bit_with_the_generation_options_it_was_saved_with(Precision precision)
    {
        using var policy = Fit(o =>
        {
            o.Execution.Precision = precision;
            (o.Generation.Temperature, o.Generation.TopK, o.Generation.TopP, o.Generation.Seed) = (0.7, 50, 0.9, 5);
            (o.Generation.MaxCompletionTokens, o.Generation.BatchSize) = (9, 4);
        });
        var data = Question.View(Ml, 10);
        var expected = policy.Transform(data).Answers(Ml);
        Ml.Model.Save(policy, data.Schema, Folder["policy.zip"]);
        using var loaded = (GrpoTransformer)new MLContext(seed: 99).Model.Load(Folder["policy.zip"], out var schema);
        CollectionAssert.AreEqual(expected, loaded.Transform(data).Answers(Ml));
        Assert.AreEqual(4, loaded.BatchSize);
        Assert.IsNull(loaded.Training);
        Assert.AreEqual(policy.Weights(), loaded.Weights());
        CollectionAssert.AreEqual(data.Schema.Select(column => column.Name).ToList(), schema.Select(column => column.Name).ToList());
    }

    [TestMethod]
    public void A_saved_model_holds_no_path_of_the_machine()
    {
        using var policy = Fit(o => o.Logger = Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        Ml.Model.Save(policy, Question.View(Ml, 1).Schema, Folder["policy.zip"]);
        using var zip = ZipFile.OpenRead(Folder["policy.zip"]);
        foreach (var entry in zip.Entries)
        {
            using var reader = new StreamReader(entry.Open(), Encoding.Latin1);
            var content = entry.FullName + reader.ReadToEnd().Replace("\0", "", StringComparison.Ordinal);
            foreach (var secret in new[] { Model, Folder.Path, Path.GetTempPath(), AppContext.BaseDirectory, Repository.Root })
            {
                Assert.IsFalse(content.Contains(secret, StringComparison.OrdinalIgnoreCase), $"{entry.FullName} holds '{secret}'");
            }
        }
    }

    [TestMethod]
    public void A_saved_directory_is_where_another_run_can_start()
    {
        using var policy = Fit();
        policy.SavePretrained(Folder["trained"]);
        var options = TinyModel.Options(Folder["trained"]);
        options.Optimizer.LearningRate = 0;
        using var again = Ml.Transforms.TrainGrpo(options).Fit(Question.View(Ml, 8));
        Assert.AreEqual(policy.Weights(), again.Weights());
        CollectionAssert.AreEqual(policy.Transform(Question.View(Ml, 5)).Answers(Ml), again.Transform(Question.View(Ml, 5)).Answers(Ml));
        using var untrained = Fit(o => o.Optimizer.LearningRate = 0);
        Assert.AreNotEqual(untrained.Weights(), policy.Weights());
    }
}
