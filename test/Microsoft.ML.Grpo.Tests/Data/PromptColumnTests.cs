using Microsoft.ML.Data;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class PromptColumnTests
{
    private readonly MLContext _ml = new(seed: 1);

    [TestMethod]
    public void A_missing_prompt_column_is_refused_by_name_with_the_columns_that_are_there()
    {
        var schema = Question.View(_ml, 1).Schema;
        var columns = new GrpoColumns("Problem", "Completion");
        foreach (var call in new Action[] { () => _ = new OutputBinding(schema, columns), () => PromptColumn.AddTo(MLNetInternals.ShapeOf(schema), columns) })
        {
            var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(call);
            Assert.AreEqual("inputSchema", error.ParamName);
            StringAssert.StartsWith(error.Message, "The data has no column 'Problem' to read prompts from. It has: Prompt, Number, Vector. Set PromptColumnName");
        }
    }

    [TestMethod]
    [DataRow("Number", "Single")]
    [DataRow("Vector", "Vector")]
    public void A_prompt_column_that_is_not_text_is_refused_with_its_type(string name, string type)
    {
        var schema = Question.View(_ml, 1).Schema;
        var columns = new GrpoColumns(name, "Completion");
        foreach (var call in new Action[] { () => _ = new OutputBinding(schema, columns), () => PromptColumn.AddTo(MLNetInternals.ShapeOf(schema), columns) })
        {
            var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(call);
            Assert.AreEqual("inputSchema", error.ParamName);
            StringAssert.StartsWith(error.Message, $"The prompt column '{name}' of the data has type {type}");
            StringAssert.Contains(error.Message, "Conversion.ConvertType(outputKind: DataKind.String)");
        }
    }

    [TestMethod]
    public void The_promised_shape_is_that_of_the_schema_delivered()
    {
        var schema = Question.View(_ml, 1).Schema;
        var promised = PromptColumn.AddTo(MLNetInternals.ShapeOf(schema), TransformerFixture.AllColumns);
        var delivered = MLNetInternals.ShapeOf(new OutputBinding(schema, TransformerFixture.AllColumns).OutputSchema);
        CollectionAssert.AreEqual(delivered.Select(Describe).ToList(), promised.Select(Describe).ToList());
        CollectionAssert.AreEqual(new[] { "Prompt", "Number", "Vector", "Completion", "LogProb", "Reason" }, promised.Select(column => column.Name).ToList());
    }

    [TestMethod]
    public void An_output_column_of_an_existing_name_hides_it()
    {
        var columns = new GrpoColumns("Prompt", "Prompt");
        var promised = PromptColumn.AddTo(MLNetInternals.ShapeOf(Question.View(_ml, 1).Schema), columns);
        Assert.AreEqual(3, promised.Count);
        using var transformer = TransformerFixture.Transformer(_ml, new UpperCaseGenerator(), columns);
        CollectionAssert.AreEqual(new[] { "Q0", "Q1" }, transformer.Transform(Question.View(_ml, 2)).Texts("Prompt"));
    }

    private static string Describe(SchemaShape.Column column) => $"{column.Name} {column.Kind} {column.ItemType} {column.IsKey}";
}
