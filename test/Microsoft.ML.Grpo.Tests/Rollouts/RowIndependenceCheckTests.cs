using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class RowIndependenceCheckTests
{
    [TestMethod]
    [DataRow(ScalarType.Float32)]
    [DataRow(ScalarType.Float64)]
    public async Task The_in_process_engine_passes_and_the_log_says_so(ScalarType dtype)
    {
        using var model = RandomModel.Create(dtype: dtype);
        var check = await Run(new InProcessEngine(model, new(), WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode), model);
        Assert.IsTrue(check.Independent, check.ToString());
        var log = new LogLines();
        check.Log(log);
        Assert.AreEqual(0, log.Warnings.Count);
        StringAssert.StartsWith(log.All.Single(), "Sampling alone and in company: the same ids, log-probs within ");
    }

    [TestMethod]
    public async Task A_model_with_hardly_any_context_can_be_checked()
    {
        using var model = RandomModel.Create(RandomModel.Config with { MaxPositions = 4 });
        Assert.IsTrue((await Run(new InProcessEngine(model, new(), WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode), model)).Independent);
    }

    [TestMethod]
    public async Task Log_probs_that_depend_on_company_are_a_warning_with_their_distance()
    {
        using var model = RandomModel.Create();
        var check = await Run(new CompanyEngine(c => c with { LogProbs = [.. c.LogProbs!.Select(l => l - 0.25)] }, model), model);
        Assert.IsTrue(check.IdsEqual);
        Assert.AreEqual(0.25, check.Difference, 1e-9);
        var log = new LogLines();
        check.Log(log);
        StringAssert.Contains(log.Warnings.Single(), "(ids equal, log-probs within 0.25)");
    }

    [TestMethod]
    public async Task Ids_that_depend_on_company_are_a_warning_and_what_follows_them_is_not_compared()
    {
        using var model = RandomModel.Create();
        var check = await Run(
            new CompanyEngine(c => c with { Ids = [.. c.Ids.Take(2), (c.Ids[2] + 1) % 40, .. c.Ids.Skip(3)], LogProbs = [.. c.LogProbs!.Take(2), .. c.LogProbs!.Skip(2).Select(l => l - 9)] }, model), model);
        Assert.IsFalse(check.IdsEqual);
        Assert.IsTrue(check.Difference < 1e-10);
        var log = new LogLines();
        check.Log(log);
        StringAssert.Contains(log.Warnings.Single(), "(ids differ, log-probs within ");
    }

    private static ValueTask<RowIndependenceCheck> Run(IRolloutEngine engine, CausalLM model) => RowIndependenceCheck.RunAsync(
        engine, model.Config, model.Dtype, new() { MaxTokens = 100, StopIds = new HashSet<int> { 0 } }, new(3), default);

    /// <summary>Samples as the in-process engine does, but changes completions that are sampled with others.</summary>
    private sealed class CompanyEngine(Func<Completion, Completion> change, CausalLM model) : IRolloutEngine
    {
        public async ValueTask<IReadOnlyList<PromptGroup>> SampleAsync(RolloutRequest request, CancellationToken cancellationToken)
        {
            var groups = await new InProcessEngine(model, new(), WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode).SampleAsync(request, cancellationToken);
            return request.Prompts.Count == 1 ? groups : [.. groups.Select(g => g with { Completions = [.. g.Completions.Select(change)] })];
        }
    }
}
