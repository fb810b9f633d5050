using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Further inputs of rows through prefill, decoding and compaction.</summary>
[TestClass]
public class FurtherInputSamplingTests
{
    // Two prompts of each kind differ by their input alone, and some have none.
    private static readonly RolloutPrompt[] Prompts =
        [.. new[] { 1, 5, 17, 9, 33, 2, 16, 8 }.SelectMany((length, i) => new double?[] { 0.5 + i, i % 3 == 0 ? null : -0.25 * i }.Select((input, j) => new RolloutPrompt(
            (2 * i) + j, [.. Enumerable.Range(0, length).Select(t => 2 + (((i * 7) + (t * 3)) % 38))], input)))];

    [TestMethod]
    [DataRow(ScalarType.Float32, 1e-5)]
    [DataRow(ScalarType.Float64, 1e-12)]
    public void A_completion_is_the_same_alone_in_company_and_in_another_order(ScalarType dtype, double bound)
    {
        using var model = BiasedByInputLM.Create(dtype: dtype);
        var together = Sample(model, Prompts);
        var reversed = Sample(model, [.. Prompts.Reverse()]).Reverse().ToArray();
        Assert.IsTrue(Completions(together).Select(c => c.Ids.Count).Distinct().Count() > 5, "The completions should end at different places, or compaction is not tested.");
        for (var i = 0; i < Prompts.Length; i++)
        {
            AssertSame(together[i], reversed[i], bound);
            AssertSame(together[i], Sample(model, [Prompts[i]])[0], bound);
        }
    }

    [TestMethod]
    public void Every_completion_of_a_group_sees_its_own_prompts_input()
    {
        using var model = BiasedByInputLM.Create();
        foreach (var group in Sample(model, Prompts))
        {
            foreach (var completion in group.Completions)
            {
                Assert.IsTrue(Distance(model, group, completion, group.Prompt.Further) <= 1e-12);
                Assert.IsTrue(Distance(model, group, completion, 2.75) > 1e-3, "Otherwise the input would not matter.");
            }
        }
    }

    [TestMethod]
    public void A_prompt_is_prefilled_once_with_its_input_and_a_filler_has_none()
    {
        using var model = BiasedByInputLM.Create();
        Sample(model, [new(0, [2, 3, 4], 1.0), new(1, [5, 6]), new(2, [7], 3.0)], stop: false, maxTokens: 3);
        CollectionAssert.AreEqual(new object?[] { 1.0, null, 3.0 }, model.Passes[0]!.Further!.ToArray());
        Assert.HasCount(3, model.Passes);
        foreach (var decode in model.Passes.Skip(1))
        {
            CollectionAssert.AreEqual(
                new object?[] { 1.0, 1.0, 1.0, null, null, null, 3.0, 3.0, 3.0, null, null, null, null, null, null, null }, decode!.Further!.ToArray());
        }
    }

    [TestMethod]
    public void Slots_that_move_up_keep_their_inputs()
    {
        using var model = BiasedByInputLM.Create();
        var groups = Sample(model, Prompts);
        var widths = model.Passes.Where(p => p is not null).Select(p => p!.Further!.Count).ToArray();
        Assert.IsTrue(widths.Skip(1).Distinct().Count() > 3, "Slots should have been taken out several times.");
        foreach (var (group, completion) in groups.SelectMany(g => g.Completions.Select(c => (g, c))).OrderByDescending(p => p.c.Ids.Count).Take(5))
        {
            Assert.IsTrue(Distance(model, group, completion, group.Prompt.Further) <= 1e-12);
        }
    }

    [TestMethod]
    public void The_network_is_told_of_nothing_when_no_prompt_has_an_input()
    {
        using var model = BiasedByInputLM.Create();
        var without = Sample(model, [.. Prompts.Select(p => p with { Further = null })]);
        Assert.IsTrue(model.Passes.Count > 10 && model.Passes.All(p => p is null));
        using var plain = RandomModel.Create();
        foreach (var (a, b) in Sample(plain, [.. Prompts.Select(p => p with { Further = null })]).Zip(without))
        {
            AssertSame(a, b, 0);
        }
    }

    [TestMethod]
    public async Task The_check_before_a_run_samples_after_the_runs_own_prompts()
    {
        using var model = BiasedByInputLM.Create();
        RolloutPrompt[] own = [new(0, [2, 3, 4], 1.0), new(0, [5, 6, 7, 8, 9, 10, 11, 12, 13], 2.0), new(0, [7], 3.0)];
        Task<RowIndependenceCheck> Run(IRolloutEngine engine) => RowIndependenceCheck.RunAsync(
            engine, model.Config, model.Dtype, new() { MaxTokens = 100, StopIds = new HashSet<int> { 0 } }, new(3), default, own).AsTask();

        Assert.IsTrue((await Run(Engine(model))).Independent);
        CollectionAssert.AreEquivalent(new object?[] { 1.0, 2.0, 3.0 }, model.Passes.SelectMany(p => p!.Further!).OfType<double>().Distinct().Cast<object?>().ToArray());

        var mixed = await Run(new MixingEngine(model));
        Assert.IsFalse(mixed.Independent, "An engine that gives a row in company another row's input is found out.");
    }

    private static InProcessEngine Engine(CausalLM model) => new(model, new(), WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode);

    private static IReadOnlyList<PromptGroup> Sample(CausalLM model, IReadOnlyList<RolloutPrompt> prompts, bool stop = true, int maxTokens = 40) => Engine(model).Sample(
        new(prompts, 3, new() { Temperature = 0.8, MaxTokens = maxTokens, StopIds = new HashSet<int>(stop ? [0, 1] : []) }, new(1), DrawPurpose.Training, 0), default);

    private static IEnumerable<Completion> Completions(IEnumerable<PromptGroup> groups) => groups.SelectMany(g => g.Completions);

    /// <summary>The greatest difference between the sampler's log-probs and those of a scoring pass of the row alone with a given input.</summary>
    private static double Distance(CausalLM model, PromptGroup group, Completion completion, object? input)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (lp, _) = SequenceScorer.Score(model, [new(group.Prompt.Ids, completion.Ids, input)], new PassSettings(0.8, int.MaxValue), new(), WorkPurpose.Score);
        return (lp[0] - tensor(completion.LogProbs!.ToArray())).abs().max().item<double>();
    }

    private static void AssertSame(PromptGroup expected, PromptGroup actual, double bound)
    {
        Assert.AreEqual(expected.Prompt, actual.Prompt with { Ids = expected.Prompt.Ids });
        foreach (var (a, b) in expected.Completions.Zip(actual.Completions))
        {
            CollectionAssert.AreEqual(a.Ids.ToArray(), b.Ids.ToArray());
            Assert.IsTrue(a.LogProbs!.Zip(b.LogProbs!).All(l => Math.Abs(l.First - l.Second) <= bound));
        }
    }

    /// <summary>Samples as the in-process engine does, but with every input given to the next prompt.</summary>
    private sealed class MixingEngine(CausalLM model) : IRolloutEngine
    {
        public ValueTask<IReadOnlyList<PromptGroup>> SampleAsync(RolloutRequest request, CancellationToken cancellationToken)
        {
            var prompts = request.Prompts.Select((p, i) => p with { Further = request.Prompts[(i + 1) % request.Prompts.Count].Further });
            return Engine(model).SampleAsync(request with { Prompts = [.. prompts] }, cancellationToken);
        }
    }
}
