using TorchSharp;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Each failure names what, where and the remedy, keeps no tensor, leaves no file, and spoils no later run.</summary>
[TestClass]
public class BadInputTests : FaceTests
{
    [TestMethod]
    public void A_missing_model_directory_is_named() => AssertRefused<DirectoryNotFoundException>(
        o => o.ModelPath = Folder["absent"],
        $"Model directory '{Folder["absent"]}' does not exist. Give the path of a Hugging Face model directory, with config.json, model.safetensors, tokenizer.json and tokenizer_config.json, or of a .gguf file.");

    [TestMethod]
    public void A_missing_tokenizer_is_named() => AssertRefused<FileNotFoundException>(
        o => o.ModelPath = TinyModel.Write(Folder["model-2"], tokenizer: false),
        $"'{Folder["model-2"]}' holds no tokenizer.json. Give the path of a Hugging Face model directory, with config.json, model.safetensors, tokenizer.json and tokenizer_config.json, or of a .gguf file.");

    [TestMethod]
    public void A_tokenizer_with_more_ids_than_the_model_has_weights_is_refused() => AssertRefused<ModelFormatException>(
        o => o.ModelPath = TinyModel.Write(Folder["model-2"], vocabulary: TinyTokenizer.Bos),
        $"{Path.Combine(Folder["model-2"], "tokenizer.json")}: its largest token id is 1002, but the model has weights for the ids below 1002 only (vocab_size in config.json). "
        + "Use the tokenizer that belongs to the model, or take the tokens added beyond its vocabulary out.");

    [TestMethod]
    public void Weights_cut_short_are_named()
    {
        var path = Path.Combine(TinyModel.Write(Folder["model-2"]), ModelFiles.Weights);
        using (var file = new FileStream(path, FileMode.Open))
        {
            file.SetLength(file.Length / 2);
        }

        var error = Refuse<ModelFormatException>(o => o.ModelPath = Folder["model-2"], Question.View(Ml, 8));
        StringAssert.StartsWith(error.Message, path);
    }

    [TestMethod]
    public void Empty_data_is_refused() => AssertRefused<ArgumentException>(
        _ => { }, "The training data has no rows. Look at the file or filter that it comes from.", Question.View(Ml, 0));

    [TestMethod]
    public void Empty_validation_data_is_refused() => AssertRefused<ArgumentException>(
        o => o.Evaluation.ValidationData = Question.View(Ml, 0), "The validation data has no rows. Look at the file or filter that it comes from.");

    [TestMethod]
    public void Fewer_rows_than_a_rollout_takes_are_refused_with_both_numbers() => AssertRefused<ArgumentException>(
        _ => { },
        "There are 3 usable prompts, but a rollout takes 4 (PromptsPerRollout). Give more rows, or set PromptsPerRollout to at most 3.",
        Question.View(Ml, 3));

    [TestMethod]
    [DataRow("")]
    [DataRow(" \n")]
    public void An_empty_prompt_is_refused_by_row_in_fit_and_transform(string prompt)
    {
        var data = With(prompt);
        AssertRefused<ArgumentException>(_ => { }, "The prompt of row 5 (counted from 0) of the training data is empty. Fill the prompt column, or filter such rows out.", data);
        using var policy = Fit(o => o.Generation.BatchSize = 4);
        AssertTransformRefused(policy, data, "The prompt of row 5 (counted from 0) is empty. Fill the prompt column, or filter such rows out.");
    }

    [TestMethod]
    public void A_prompt_longer_than_the_context_is_refused_by_row_in_fit_and_transform()
    {
        var data = With(new string('x', 80));
        AssertRefused<OverlongPromptException>(
            _ => { },
            "The prompt of row 5 (counted from 0) of the training data has 80 tokens, more than the 58 that leave room for a completion (MaxPromptTokens, default the model's context less MaxCompletionTokens). "
            + "Shorten it, lower MaxCompletionTokens, or set OverlongPrompts to Skip or TruncateLeft.",
            data);
        using var policy = Fit(o => o.Generation.BatchSize = 4);
        AssertTransformRefused(policy, data, "The prompt of row 5 (counted from 0) has 80 tokens, but the model's context is 64 tokens in all, completion included. Shorten it, or filter such rows out.");
    }

    [TestMethod]
    public void A_prediction_engine_refuses_an_empty_prompt_and_goes_on()
    {
        using var policy = Fit();
        using var engine = Ml.Model.CreatePredictionEngine<Question, Answer>(policy, new PredictionEngineOptions { OwnsTransformer = false });
        StringAssert.Contains(Assert.Throws<Exception>(() => engine.Predict(new Question())).ToString(), "The prompt is empty. Fill the prompt column.");
        Assert.AreEqual(policy.Transform(Question.View(Ml, 1)).Texts().Single(), engine.Predict(new Question { Prompt = "q0" }).Completion);
    }

    [TestMethod]
    public void A_prompt_column_of_another_type_is_refused_in_every_door()
    {
        var estimator = Ml.Transforms.TrainGrpo(Model, "Number", rewards: Reward.FromFunction("none", _ => 0));
        foreach (var (what, door) in new (string, Action)[] { ("training data", () => estimator.Fit(Question.View(Ml, 8))), ("data", () => estimator.GetOutputSchema(MLNetInternals.ShapeOf(Question.View(Ml, 1).Schema))) })
        {
            Assert.AreEqual(
                $"The prompt column 'Number' of the {what} has type Single, and must be text (String). Set PromptColumnName to a text column, or convert it with Conversion.ConvertType(outputKind: DataKind.String). (Parameter 'inputSchema')",
                Assert.ThrowsExactly<ArgumentOutOfRangeException>(door).Message);
        }
    }

    [TestMethod]
    public void A_bad_validation_prompt_frees_the_policy_and_its_reference() => AssertRefused<ArgumentException>(
        o => (o.Loss.Beta, o.Evaluation.ValidationData) = (0.1, With("")), "The prompt of row 5 (counted from 0) of the validation data is empty. Fill the prompt column, or filter such rows out.");

    [TestMethod]
    public void Validation_data_without_the_prompt_column_is_named_as_such() => AssertRefused<ArgumentOutOfRangeException>(
        o => o.Evaluation.ValidationData = Ml.Data.LoadFromEnumerable(new[] { new { Text = "x" } }),
        "The validation data has no column 'Prompt' to read prompts from. It has: Text. Set PromptColumnName to one of them, or make the column with CopyColumns. (Parameter 'inputSchema')");

    [TestMethod]
    public void Validation_data_without_a_rewards_column_is_named_as_such() => AssertRefused<ArgumentOutOfRangeException>(
        o =>
        {
            o.Rewards.Add(Reward.ExactMatch("Number"));
            o.Evaluation.ValidationData = Ml.Data.LoadFromEnumerable(new[] { new { Prompt = "x" } });
        },
        "The validation data has no column 'Number', which reward 'exact_match' reads. It has: Prompt. Name one of them in the reward, or add the column. (Parameter 'inputSchema')");

    [TestMethod]
    public void A_reward_that_reads_a_column_it_does_not_declare_is_told_how()
    {
        var error = Refuse<RewardException>(o => o.Rewards.Add(Reward.FromFunction("mine", s => (float)s.Columns["Number"]!)), Question.View(Ml, 8));
        Assert.AreEqual("The reward 'mine' does not declare the column 'Number', which it reads. Pass it when the reward is made: columns: [\"Number\"]. Columns that were read: none.", error.Message);
    }

    [TestMethod]
    public void A_run_whose_prompts_are_all_left_out_names_the_option() => AssertRefused<ArgumentException>(
        o => (o.OverlongPrompts, o.MaxPromptTokens) = (OverlongPrompts.Skip, 1),
        "All 8 prompts of the training data are longer than 1 tokens (MaxPromptTokens, default the model's context less MaxCompletionTokens), and OverlongPrompts.Skip leaves such prompts out. "
        + "Shorten them, raise MaxPromptTokens, lower MaxCompletionTokens, or set OverlongPrompts to TruncateLeft.");

    [TestMethod]
    public void A_reward_that_throws_frees_the_policy()
    {
        var error = Refuse<RewardException>(o => o.Rewards.Add(Reward.FromFunction("broken", _ => throw new InvalidOperationException("no")))
            , Question.View(Ml, 8));
        StringAssert.Contains(error.Message, "broken");
    }

    [TestMethod]
    public void An_atomic_save_to_a_full_disk_keeps_the_old_model_and_leaves_nothing_else()
    {
        using var policy = Fit();
        var schema = Question.View(Ml, 1).Schema;
        Ml.Model.SaveAtomically(policy, schema, Folder["policy.zip"]);
        var before = File.ReadAllBytes(Folder["policy.zip"]);
        foreach (var name in new[] { "policy.zip", "new.zip" })
        {
            var error = Assert.Throws<IOException>(() => AtomicModelSaving.SaveAtomically(Ml.Model, policy, schema, Folder[name], path => new FullDisk(path, before.Length / 2)));
            Assert.AreEqual(
                $"The model could not be saved to '{Folder[name]}': No space left on device : '{Folder[name]}'. "
                + "Free space there and see that it may be written to, or save to another place. What was there before is untouched.",
                error.Message);
        }

        CollectionAssert.AreEqual(before, File.ReadAllBytes(Folder["policy.zip"]));
        CollectionAssert.AreEqual(new[] { "model", "policy.zip" }, Folder.Names.ToList());
        using var loaded = (GrpoTransformer)Ml.Model.Load(Folder["policy.zip"], out _);
        CollectionAssert.AreEqual(policy.Transform(Question.View(Ml, 3)).Answers(Ml), loaded.Transform(Question.View(Ml, 3)).Answers(Ml));
    }

    [TestMethod]
    public void An_atomic_save_makes_the_directory_and_refuses_one_in_the_place_of_the_file()
    {
        using var policy = Fit();
        var path = Path.Combine(Folder["new"], "deeper", "policy.zip");
        Ml.Model.SaveAtomically(policy, null, path);
        using var loaded = (GrpoTransformer)Ml.Model.Load(path, out _);
        Assert.AreEqual(policy.Weights(), loaded.Weights());
        Assert.AreEqual($"'{Folder["new"]}' is a directory. Give a file to save the model in.", Assert.ThrowsExactly<IOException>(() => Ml.Model.SaveAtomically(policy, null, Folder["new"])).Message);
    }

    [TestMethod]
    public void SavePretrained_where_it_cannot_write_leaves_all_as_it_was()
    {
        using var policy = Fit();
        File.WriteAllText(Folder["taken"], "mine");
        Assert.AreEqual($"'{Folder["taken"]}' is a file. Give a directory to save the model in.", Assert.ThrowsExactly<IOException>(() => policy.SavePretrained(Folder["taken"])).Message);
        Assert.AreEqual("mine", File.ReadAllText(Folder["taken"]));
        CollectionAssert.AreEqual(new[] { "model", "taken" }, Folder.Names.ToList());
    }

    [TestMethod]
    public void Disposing_twice_is_once_and_frees_every_tensor()
    {
        Fit().Dispose();
        var before = LiveTensors;
        var policy = Fit();
        _ = policy.Transform(Question.View(Ml, 4)).Texts();
        Assert.IsGreaterThan(before, LiveTensors);
        policy.Dispose();
        policy.Dispose();
        Assert.AreEqual(before, LiveTensors);
    }

    private static long LiveTensors => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

    /// <summary>Eight questions, of which number 5 has another prompt.</summary>
    private IDataView With(string prompt) => Ml.Data.LoadFromEnumerable(
        Enumerable.Range(0, 8).Select(i => new Question { Prompt = i == 5 ? prompt : Question.Text(i) }).ToArray());

    private void AssertRefused<TException>(Action<GrpoOptions> change, string message, IDataView? data = null)
        where TException : Exception => Assert.AreEqual(message, Refuse<TException>(change, data ?? Question.View(Ml, 8)).Message);

    private TException Refuse<TException>(Action<GrpoOptions> change, IDataView data)
        where TException : Exception
    {
        using var expected = Fit();
        var options = TinyModel.Options(Model);
        change(options);
        var (tensors, files) = (LiveTensors, Folder.Names);
        var error = Assert.ThrowsExactly<TException>(() => Ml.Transforms.TrainGrpo(options).Fit(data));
        Assert.AreEqual(tensors, LiveTensors, "tensors are alive");
        CollectionAssert.AreEqual(files.ToList(), Folder.Names.ToList());
        using var later = Fit();
        Assert.AreEqual(expected.Weights(), later.Weights());
        return error;
    }

    private void AssertTransformRefused(GrpoTransformer policy, IDataView data, string message)
    {
        _ = policy.Transform(Question.View(Ml, 1)).Texts();
        var tensors = LiveTensors;
        var error = Assert.ThrowsExactly<ArgumentException>(() => policy.Transform(data).Texts());
        Assert.AreEqual(message, error.Message);
        Assert.AreEqual(tensors, LiveTensors, "tensors are alive");
        Assert.HasCount(2, policy.Transform(Question.View(Ml, 2)).Texts());
    }
}
