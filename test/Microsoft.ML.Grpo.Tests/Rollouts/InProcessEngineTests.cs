using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class InProcessEngineTests
{
    private static readonly int[] Lengths = [1, 5, 17, 9, 33, 2, 16, 8];

    [TestMethod]
    [DataRow(ScalarType.Float32, 1e-5)]
    [DataRow(ScalarType.Float64, 1e-12)]
    public void A_completion_does_not_depend_on_the_prompts_sampled_with_it_nor_on_their_order(ScalarType dtype, double bound)
    {
        using var model = RandomModel.Create(dtype: dtype);
        var prompts = Prompts();
        var together = Sample(model, prompts, groupSize: 4);
        var reversed = Sample(model, [.. prompts.Reverse()], groupSize: 4).Reverse().ToArray();
        var alone = prompts.SelectMany(p => Sample(model, [p], groupSize: 4)).ToArray();

        var lengths = together.SelectMany(g => g.Completions).Select(c => c.Ids.Count).Distinct().Count();
        Assert.IsTrue(lengths > 5, "The completions should end at different places, or compaction is not tested.");
        for (var i = 0; i < prompts.Length; i++)
        {
            AssertSame(together[i], reversed[i], bound);
            AssertSame(together[i], alone[i], bound);
        }
    }

    [TestMethod]
    public void A_larger_group_begins_with_the_completions_of_a_smaller_one()
    {
        using var model = RandomModel.Create(dtype: ScalarType.Float32);
        var small = Sample(model, Prompts(), groupSize: 2);
        var large = Sample(model, Prompts(), groupSize: 7);
        for (var i = 0; i < small.Count; i++)
        {
            AssertSame(small[i], large[i] with { Completions = [.. large[i].Completions.Take(2)] }, 1e-5);
        }
    }

    [TestMethod]
    [DataRow(ScalarType.Float32, 1e-5)]
    [DataRow(ScalarType.Float64, 1e-12)]
    public void Log_probs_agree_with_the_training_forward(ScalarType dtype, double bound)
    {
        using var model = RandomModel.Create(dtype: dtype);
        foreach (var group in Sample(model, Prompts(), groupSize: 3, temperature: 0.8))
        {
            foreach (var completion in group.Completions)
            {
                using var scope = NewDisposeScope();
                var ids = group.Prompt.Ids.Concat(completion.Ids).Select(i => (long)i).ToArray();
                var hidden = model.Hidden(tensor(ids).unsqueeze(0))[0].narrow(0, group.Prompt.Ids.Count - 1, completion.Ids.Count);
                var (expected, _) = TokenLogProbs.Compute(model, hidden, tensor(ids[group.Prompt.Ids.Count..]), 0.8);
                var difference = (expected.to(ScalarType.Float64) - tensor(completion.LogProbs!.ToArray())).abs().max().item<double>();
                Assert.IsTrue(difference <= bound, $"difference {difference}");
            }
        }
    }

    [TestMethod]
    public void Greedy_takes_the_most_likely_token_whatever_the_seed()
    {
        using var model = RandomModel.Create(dtype: ScalarType.Float32);
        var a = Sample(model, Prompts(), groupSize: 1, temperature: 0, seed: 1);
        var b = Sample(model, Prompts(), groupSize: 1, temperature: 0, seed: 2);
        for (var i = 0; i < a.Count; i++)
        {
            AssertSame(a[i], b[i], 0);
        }
    }

    [TestMethod]
    public void Other_seeds_rollouts_and_purposes_give_other_completions()
    {
        using var model = RandomModel.Create(dtype: ScalarType.Float32);
        var request = Request(Prompts(), 4, 1, 1);
        var texts = new[] { request, request with { Random = new(2) }, request with { Rollout = 1 }, request with { Purpose = DrawPurpose.Evaluation } }
            .Select(r => string.Join('|', Engine(model).Sample(r, default).SelectMany(g => g.Completions).Select(c => string.Join(' ', c.Ids))));
        Assert.AreEqual(4, texts.Distinct().Count());
    }

    [TestMethod]
    public void A_completion_ends_at_a_stop_token_or_at_the_largest_length_or_at_the_context()
    {
        using var model = RandomModel.Create(RandomModel.Config with { MaxPositions = 36 }, ScalarType.Float32);
        foreach (var group in Sample(model, Prompts(), groupSize: 4, maxTokens: 20))
        {
            foreach (var completion in group.Completions)
            {
                var stopped = completion.Ids[^1] is 0 or 1;
                Assert.AreEqual(stopped ? FinishReason.Stop : FinishReason.Length, completion.FinishReason);
                Assert.IsFalse(completion.Ids.SkipLast(1).Any(i => i is 0 or 1));
                Assert.AreEqual(completion.Ids.Count, completion.LogProbs!.Count);
                Assert.IsTrue(stopped || completion.Ids.Count == Math.Min(20, 36 - group.Prompt.Ids.Count));
            }
        }
    }

    [TestMethod]
    public void A_prompt_is_prefilled_once_a_group_and_only_live_rows_count_as_work()
    {
        using var model = RandomModel.Create(dtype: ScalarType.Float32);
        var work = new WorkCounters();
        var groups = new InProcessEngine(model, work, WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode).Sample(Request(Prompts(), 5, 1, 1), default);
        Assert.AreEqual(Lengths.Sum(), work.Tokens(WorkPurpose.RolloutPrefill));
        // The last token of a completion is never fed back.
        Assert.AreEqual(groups.SelectMany(g => g.Completions).Sum(c => c.Ids.Count - 1), work.Tokens(WorkPurpose.RolloutDecode));
    }

    [TestMethod]
    public void A_watch_hears_of_each_token_before_the_next_one_is_decoded()
    {
        using var model = RandomModel.Create(dtype: ScalarType.Float32);
        var work = new WorkCounters();
        var heard = new Dictionary<(int Place, int Generation), List<int>>();
        var groups = new InProcessEngine(model, work, WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode).Sample(Request(Prompts(), 3, 1, 1), default, (prompt, generation, id) =>
        {
            var ids = heard.TryGetValue((prompt.Place, generation), out var known) ? known : heard[(prompt.Place, generation)] = [];
            Assert.AreEqual(ids.Count, work.Passes(WorkPurpose.RolloutDecode));
            ids.Add(id);
            return true;
        });
        foreach (var group in groups)
        {
            for (var generation = 0; generation < group.Completions.Count; generation++)
            {
                CollectionAssert.AreEqual(group.Completions[generation].Ids.ToArray(), heard[(group.Prompt.Place, generation)]);
            }
        }

        Assert.HasCount(Lengths.Length * 3, heard);
    }

    [TestMethod]
    public void A_watch_ends_a_completion_and_leaves_the_others_as_they_are()
    {
        using var model = RandomModel.Create(dtype: ScalarType.Float32);
        var whole = Sample(model, Prompts(), groupSize: 2);
        var heard = new int[Lengths.Length];
        var watched = Engine(model).Sample(Request(Prompts(), 2, 1, 1), default, (prompt, generation, _) => generation == 0 || ++heard[prompt.Place] < 3);
        foreach (var (expected, actual) in whole.Zip(watched))
        {
            AssertSame(expected with { Completions = [expected.Completions[0]] }, actual with { Completions = [actual.Completions[0]] }, 1e-5);
            var cut = actual.Completions[1];
            CollectionAssert.AreEqual(expected.Completions[1].Ids.Take(3).ToArray(), cut.Ids.ToArray());
            Assert.AreEqual(FinishReason.Stop, cut.FinishReason);
        }
    }

    [TestMethod]
    public void Nothing_is_sampled_from_logits_that_are_no_numbers()
    {
        using var model = RandomModel.Create(dtype: ScalarType.Float32);
        using (no_grad())
        {
            model.Parameters["model.norm.weight"].fill_(Scalars.Of(double.NaN));
        }

        var error = Assert.ThrowsExactly<NotFiniteNumberException>(() => Sample(model, Prompts(), groupSize: 2));
        StringAssert.Contains(error.Message, "Check that its weights are finite");
    }

    private static RolloutPrompt[] Prompts() =>
        [.. Lengths.Select((length, place) => new RolloutPrompt(place, [.. Enumerable.Range(0, length).Select(t => 2 + ((place * 7) + (t * 3)) % 38)]))];

    private static InProcessEngine Engine(CausalLM model) => new(model, new(), WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode);

    private static RolloutRequest Request(IReadOnlyList<RolloutPrompt> prompts, int groupSize, double temperature, long seed, int maxTokens = 40) =>
        new(prompts, groupSize, new() { Temperature = temperature, MaxTokens = maxTokens, StopIds = new HashSet<int> { 0, 1 } }, new(seed), DrawPurpose.Training, 0);

    private static IReadOnlyList<PromptGroup> Sample(CausalLM model, IReadOnlyList<RolloutPrompt> prompts, int groupSize, double temperature = 1, long seed = 1, int maxTokens = 40) =>
        Engine(model).Sample(Request(prompts, groupSize, temperature, seed, maxTokens), default);

    private static void AssertSame(PromptGroup expected, PromptGroup actual, double bound)
    {
        Assert.AreEqual(expected.Prompt.Place, actual.Prompt.Place);
        foreach (var (a, b) in expected.Completions.Zip(actual.Completions, (a, b) => (a, b)))
        {
            CollectionAssert.AreEqual(a.Ids.ToArray(), b.Ids.ToArray());
            foreach (var (x, y) in a.LogProbs!.Zip(b.LogProbs!))
            {
                Assert.AreEqual(x, y, bound);
            }
        }
    }
}
