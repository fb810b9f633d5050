using Microsoft.ML.Data;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class GrpoDataViewTests
{
    private readonly MLContext _ml = new(seed: 1);

    [TestMethod]
    [DataRow(1, 10)]
    [DataRow(4, 3)]
    [DataRow(16, 1)]
    public void Rows_are_completed_in_batches_and_the_results_do_not_depend_on_their_size(int batchSize, int batches)
    {
        using var generator = new UpperCaseGenerator(batchSize);
        using var transformer = TransformerFixture.Transformer(_ml, generator);
        var output = transformer.Transform(Question.View(_ml, 10));
        CollectionAssert.AreEqual(Enumerable.Range(0, 10).Select(i => $"Q{i}").ToList(), output.Texts());
        Assert.HasCount(batches, generator.Batches);
    }

    [TestMethod]
    public void Nothing_is_generated_when_only_columns_of_the_input_are_read()
    {
        using var generator = new UpperCaseGenerator();
        using var transformer = TransformerFixture.Transformer(_ml, generator);
        var output = transformer.Transform(Question.View(_ml, 10));
        CollectionAssert.AreEqual(Enumerable.Range(0, 10).Select(i => (float)i).ToList(), output.GetColumn<float>("Number").ToList());
        Assert.IsEmpty(generator.Batches);
    }

    [TestMethod]
    public void Several_added_columns_share_one_generation_and_stay_on_their_row()
    {
        using var generator = new UpperCaseGenerator();
        using var transformer = TransformerFixture.Transformer(_ml, generator);
        var output = transformer.Transform(Question.View(_ml, 101));
        var answers = _ml.Data.CreateEnumerable<Answer>(output, reuseRowObject: false, ignoreMissingColumns: true).ToList();
        Assert.AreEqual("Q7", answers[7].Completion);
        Assert.AreEqual(-2f, answers[7].LogProb);
        Assert.AreEqual("Stop", answers[7].Reason);
        Assert.AreEqual("Length", answers[100].Reason);
        Assert.AreEqual(101, generator.Batches.Sum());
    }

    [TestMethod]
    public void Rows_whose_completion_is_not_asked_for_are_passed_over()
    {
        using var generator = new UpperCaseGenerator(batchSize: 2);
        using var transformer = TransformerFixture.Transformer(_ml, generator);
        var output = transformer.Transform(Question.View(_ml, 20));
        using var cursor = output.GetRowCursor(output.Schema);
        var getter = cursor.GetGetter<ReadOnlyMemory<char>>(output.Schema["Completion"]);
        var seen = new List<string>();
        while (cursor.MoveNext())
        {
            if (cursor.Position is 9 or 10 or 17)
            {
                ReadOnlyMemory<char> text = default;
                getter(ref text);
                getter(ref text);
                seen.Add(text.ToString());
            }
        }

        CollectionAssert.AreEqual(new[] { "Q9", "Q10", "Q17" }, seen);
        CollectionAssert.AreEqual(new[] { 2, 2 }, generator.Batches);
    }

    [TestMethod]
    public void Rows_keep_their_completions_under_shuffle_skip_take_and_cache()
    {
        using var transformer = TransformerFixture.Transformer(_ml, new UpperCaseGenerator());
        var output = transformer.Transform(_ml.Data.ShuffleRows(Question.View(_ml, 50), seed: 3));
        foreach (var view in new[] { output, _ml.Data.ShuffleRows(output, seed: 4), _ml.Data.TakeRows(_ml.Data.SkipRows(output, 5), 20), _ml.Data.Cache(output) })
        {
            CollectionAssert.AreEqual(view.Texts("Prompt").ConvertAll(text => text.ToUpperInvariant()), view.Texts());
        }

        Assert.IsFalse(output.CanShuffle);
    }

    [TestMethod]
    public void After_a_failure_no_row_gets_the_completion_of_another()
    {
        using var transformer = TransformerFixture.Transformer(_ml, new UpperCaseGenerator(batchSize: 2));
        var rows = Enumerable.Range(0, 6).Select(i => new Question { Prompt = i == 3 ? "fail" : Question.Text(i) });
        var output = transformer.Transform(_ml.Data.LoadFromEnumerable(rows));
        using var cursor = output.GetRowCursor([output.Schema["Completion"]]);
        var getter = cursor.GetGetter<ReadOnlyMemory<char>>(output.Schema["Completion"]);
        var seen = new List<string>();
        while (cursor.MoveNext())
        {
            try
            {
                ReadOnlyMemory<char> text = default;
                getter(ref text);
                seen.Add(text.ToString());
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException)
            {
                seen.Add(e.Message);
            }
        }

        CollectionAssert.AreEqual(
            new[] { "Q0", "Q1", "A prompt is 'fail'.", "Completing the batch of row 3 (counted from 0) failed before. Make a new cursor to try again.", "Q4", "Q5" }, seen);
    }

    [TestMethod]
    public void Two_cursors_at_once_do_not_disturb_each_other()
    {
        using var transformer = TransformerFixture.Transformer(_ml, new UpperCaseGenerator(batchSize: 3));
        var output = transformer.Transform(Question.View(_ml, 20));
        foreach (var (first, second) in output.GetColumn<string>("Completion").Zip(output.GetColumn<string>("Completion")))
        {
            Assert.AreEqual(first, second);
        }
    }

    [TestMethod]
    public void A_later_estimator_that_reads_with_several_threads_sees_the_right_rows()
    {
        using var transformer = TransformerFixture.Transformer(_ml, new UpperCaseGenerator());
        var output = transformer.Transform(Question.View(_ml, 103));
        var copied = _ml.Transforms.CopyColumns("Copy", "Completion").Append(_ml.Transforms.Text.NormalizeText("Lower", "Completion")).Fit(output).Transform(output);
        CollectionAssert.AreEqual(Enumerable.Range(0, 103).Select(Question.Text).ToList(), copied.Texts("Lower"));
    }

    [TestMethod]
    public void A_getter_of_a_wrong_type_or_of_an_inactive_column_is_refused()
    {
        using var transformer = TransformerFixture.Transformer(_ml, new UpperCaseGenerator());
        var output = transformer.Transform(Question.View(_ml, 1));
        using var cursor = output.GetRowCursor([output.Schema["Completion"]]);
        var wrong = Assert.ThrowsExactly<InvalidOperationException>(() => cursor.GetGetter<float>(output.Schema["Completion"]));
        Assert.AreEqual("Column 'Completion' has type String; a getter of System.Single was asked for.", wrong.Message);
        var inactive = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => cursor.GetGetter<float>(output.Schema["Number"]));
        StringAssert.Contains(inactive.Message, "not active");
        Assert.IsFalse(cursor.IsColumnActive(output.Schema["Number"]));
    }
}
