namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public sealed class LoadInChildProcessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("grpo-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public async Task A_plain_Model_Load_finds_the_transformer_in_a_program_that_never_touched_the_library()
    {
        var ml = new MLContext();
        var path = Path.Combine(_folder, "model.zip");
        using (var transformer = TransformerFixture.Transformer(ml, new UpperCaseGenerator(prefix: "-"), new GrpoColumns("Prompt", "Completion")))
        {
            ml.Model.Save(transformer, Question.View(ml, 1).Schema, path);
        }

        var result = await DotNet.RunAsync(Path.Combine(AppContext.BaseDirectory, "LoadInChildProcess.dll"), path, "one", "two");
        Assert.AreEqual(
            """
            library loaded before: False
            library loaded after: True
            model: Microsoft.ML.Grpo.GrpoTransformer
            one -> -ONE
            two -> -TWO

            """.ReplaceLineEndings(),
            result.Output);
    }
}
