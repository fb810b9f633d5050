using System.Text;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class LoadInChildProcessTests : FaceTests
{
    [TestMethod]
    public async Task A_plain_Model_Load_finds_the_policy_in_a_program_that_never_touched_the_library()
    {
        using var policy = Fit();
        var data = Question.View(Ml, 2);
        Ml.Model.Save(policy, data.Schema, Folder["model.zip"]);
        var answers = Ml.Data.CreateEnumerable<Answer>(policy.Transform(data), reuseRowObject: false)
            .Select((answer, i) => $"q{i} -> {Convert.ToHexString(Encoding.UTF8.GetBytes(answer.Completion))} {answer.LogProb:R} {answer.Reason}");
        string[] expected = ["library loaded before: False", "library loaded after: True", "model: Microsoft.ML.Grpo.GrpoTransformer", .. answers];

        var result = await DotNet.RunAsync(Path.Combine(AppContext.BaseDirectory, "LoadInChildProcess.dll"), Folder["model.zip"], "q0", "q1");
        Assert.AreEqual(string.Join(Environment.NewLine, expected) + Environment.NewLine, result.Output);
    }
}
