using Microsoft.ML.Data;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>What ML.NET's own tests ask of every transformer (their <c>TestEstimatorCore</c>), on the public API.</summary>
[TestClass]
public class GrpoTransformerContractTests
{
    private readonly MLContext _ml = new(seed: 1);

    [TestMethod]
    public void Schemas_of_transform_mapper_and_promise_agree_and_the_mapper_keeps_the_very_input_schema()
    {
        using var transformer = TransformerFixture.Transformer(_ml, new UpperCaseGenerator());
        var data = Question.View(_ml, 3);
        var mapper = transformer.GetRowToRowMapper(data.Schema);
        Assert.IsTrue(transformer.IsRowToRowMapper);
        Assert.AreSame(data.Schema, mapper.InputSchema);
        AssertEqual(transformer.GetOutputSchema(data.Schema), transformer.Transform(data).Schema);
        AssertEqual(transformer.GetOutputSchema(data.Schema), mapper.OutputSchema);
        CollectionAssert.AreEqual(
            new[] { "Prompt String", "Number Single", "Completion String", "LogProb Single", "Reason String" },
            mapper.OutputSchema.Where(column => column.Name != "Vector").Select(column => $"{column.Name} {column.Type}").ToList());
    }

    [TestMethod]
    public void Only_the_columns_that_were_named_are_added()
    {
        using var transformer = TransformerFixture.Transformer(_ml, new UpperCaseGenerator(), new GrpoColumns("Prompt", "Out"));
        var schema = transformer.GetOutputSchema(Question.View(_ml, 1).Schema);
        CollectionAssert.AreEqual(new[] { "Prompt", "Number", "Vector", "Out" }, schema.Select(column => column.Name).ToList());
    }

    [TestMethod]
    public void A_bad_schema_fails_at_once_in_every_door()
    {
        using var transformer = TransformerFixture.Transformer(_ml, new UpperCaseGenerator(), new GrpoColumns("Number", "Out"));
        var data = Question.View(_ml, 1);
        Action[] doors =
        [
            () => transformer.Transform(data),
            () => transformer.GetOutputSchema(data.Schema),
            () => transformer.GetRowToRowMapper(data.Schema),
        ];
        foreach (var call in doors)
        {
            Assert.AreEqual("inputSchema", Assert.ThrowsExactly<ArgumentOutOfRangeException>(call).ParamName);
        }
    }

    [TestMethod]
    public void The_mapper_depends_on_the_prompt_only_when_an_added_column_is_asked_for()
    {
        using var transformer = TransformerFixture.Transformer(_ml, new UpperCaseGenerator());
        var mapper = transformer.GetRowToRowMapper(Question.View(_ml, 1).Schema);
        string[] Names(params string[] asked) => [.. mapper.GetDependencies(asked.Select(name => mapper.OutputSchema[name])).Select(column => column.Name)];
        CollectionAssert.AreEqual(new[] { "Number" }, Names("Number"));
        CollectionAssert.AreEqual(new[] { "Prompt" }, Names("LogProb"));
        CollectionAssert.AreEqual(new[] { "Prompt" }, Names("Prompt", "Completion"));
        CollectionAssert.AreEqual(new[] { "Number", "Prompt" }, Names("Number", "Completion"));
    }

    [TestMethod]
    public void A_row_of_another_schema_object_is_refused()
    {
        using var transformer = TransformerFixture.Transformer(_ml, new UpperCaseGenerator());
        var mapper = transformer.GetRowToRowMapper(Question.View(_ml, 1).Schema);
        var other = Question.View(_ml, 1);
        using var row = other.GetRowCursor(other.Schema);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => mapper.GetRow(row, mapper.OutputSchema)).Message, "another schema object");
    }

    [TestMethod]
    public void A_prediction_engine_generates_once_a_prediction()
    {
        using var generator = new UpperCaseGenerator();
        using var transformer = TransformerFixture.Transformer(_ml, generator);
        using var engine = _ml.Model.CreatePredictionEngine<Question, Answer>(transformer, new PredictionEngineOptions { OwnsTransformer = false });
        var first = engine.Predict(new Question { Prompt = "one" });
        var second = engine.Predict(new Question { Prompt = "three" });
        Assert.AreEqual("ONE, THREE", $"{first.Completion}, {second.Completion}");
        Assert.AreEqual("Stop, Length", $"{first.Reason}, {second.Reason}");
        Assert.AreEqual(-5f, second.LogProb);
        CollectionAssert.AreEqual(new[] { 1, 1 }, generator.Batches);
        CollectionAssert.AreEqual(new long?[] { null, null }, generator.FirstRows, "A call of an engine is no row of any data.");
    }

    [TestMethod]
    public void It_works_between_other_transformers_in_a_chain_and_a_prediction_engine_over_it()
    {
        var data = Question.View(_ml, 3);
        var before = _ml.Transforms.CopyColumns("Q", "Prompt").Fit(data);
        var policy = TransformerFixture.Transformer(_ml, new UpperCaseGenerator(), new GrpoColumns("Q", "A"));
        var after = _ml.Transforms.CopyColumns("Completion", "A").Fit(policy.Transform(before.Transform(data)));
        using var chain = new TransformerChain<ITransformer>(before, policy, after);
        CollectionAssert.AreEqual(new[] { "Q0", "Q1", "Q2" }, chain.Transform(data).Texts());
        using var engine = _ml.Model.CreatePredictionEngine<Question, Answer>(chain, new PredictionEngineOptions { OwnsTransformer = false, IgnoreMissingColumns = true });
        Assert.AreEqual("ABC", engine.Predict(new Question { Prompt = "abc" }).Completion);
    }

    [TestMethod]
    public void After_dispose_every_door_names_the_option_that_keeps_a_shared_model_alive()
    {
        var generator = new UpperCaseGenerator();
        var transformer = TransformerFixture.Transformer(_ml, generator);
        var data = Question.View(_ml, 1);
        var output = transformer.Transform(data);
        _ml.Model.CreatePredictionEngine<Question, Answer>(transformer).Dispose();
        Assert.IsTrue(generator.IsDisposed);
        transformer.Dispose();
        Action[] doors =
        [
            () => output.Texts(),
            () => transformer.Transform(data),
            () => transformer.GetRowToRowMapper(data.Schema),
            () => _ml.Model.Save(transformer, null, Stream.Null),
        ];
        foreach (var call in doors)
        {
            StringAssert.Contains(Assert.ThrowsExactly<ObjectDisposedException>(call).Message, "PredictionEngineOptions.OwnsTransformer = false");
        }
    }

    [TestMethod]
    public void A_cancelled_context_ends_generation()
    {
        using var transformer = TransformerFixture.Transformer(_ml, new UpperCaseGenerator());
        var output = transformer.Transform(Question.View(_ml, 1));
        Cancellation.Cancel(_ml);
        _ = Assert.ThrowsExactly<OperationCanceledException>(() => output.Texts());
    }

    private static void AssertEqual(DataViewSchema expected, DataViewSchema actual) => CollectionAssert.AreEqual(
        expected.Select(column => $"{column.Index} {column.Name} {column.Type}").ToList(),
        actual.Select(column => $"{column.Index} {column.Name} {column.Type}").ToList());
}
