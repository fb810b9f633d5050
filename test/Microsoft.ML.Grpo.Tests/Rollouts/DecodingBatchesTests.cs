using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class DecodingBatchesTests
{
    [TestMethod]
    public void No_part_has_more_rows_than_are_worth_it_nor_a_larger_cache_than_allowed()
    {
        var request = Request(Enumerable.Range(0, 200).Select(i => 1 + (i * 37 % 120)), groupSize: 8);
        var model = RandomModel.Config with { MaxPositions = 1000 };
        foreach (var most in new[] { long.MaxValue, 4000 })
        {
            var parts = DecodingBatches.Split(request, model, most).ToArray();
            CollectionAssert.AreEquivalent(request.Prompts.ToArray(), parts.SelectMany(p => p).Select(p => p.Prompt).ToArray());
            Assert.IsTrue(parts.All(p => p.Sum(g => g.Count) <= 512));
            Assert.IsTrue(parts.All(p => p.Sum(g => g.Count) * p.Max(g => DecodingBatches.RowTokens(g.Prompt, 30, model)) <= most));
            Assert.IsTrue(parts.SkipLast(1).All(p => p.Count > 1), "Parts are as large as they may be.");
        }
    }

    [TestMethod]
    public void A_group_that_is_larger_than_allowed_is_cut_and_none_is_below_eight()
    {
        var parts = DecodingBatches.Split(Request([5, 5, 5], groupSize: 8), RandomModel.Config, mostTokens: 1).ToArray();
        Assert.IsTrue(parts.Length == 3 && parts.All(p => p.Count == 1));
        var cut = DecodingBatches.Split(Request([5, 5], groupSize: 20), RandomModel.Config, mostTokens: 16 * 64).ToArray();
        CollectionAssert.AreEqual(
            new[] { "0: 0+16", "0: 16+4", "1: 0+16", "1: 16+4" }, cut.Select(part => string.Join(", ", part.Select(p => $"{p.Prompt.Place}: {p.First}+{p.Count}"))).ToArray());
        Assert.HasCount(4, DecodingBatches.Split(Request([5, 5], groupSize: 600), RandomModel.Config, long.MaxValue));
    }

    [TestMethod]
    [DataRow(32, ScalarType.Float64)]
    [DataRow(256, ScalarType.Float32)] // weights large enough for the product of decoding
    public void Whatever_the_cache_the_same_is_sampled_and_it_never_holds_more(int hidden, ScalarType dtype)
    {
        using var model = RandomModel.Create(RandomModel.Config with { HiddenSize = hidden, IntermediateSize = 2 * hidden, VocabularySize = 16 * hidden, HeadSize = hidden / 4 }, dtype);
        var request = Request([3, 20, 7, 3, 40], groupSize: 20);
        var whole = new InProcessEngine(model, new(), WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode).Sample(request, default);
        foreach (var most in new[] { 8 * 96, 16 * 96, 3000 })
        {
            var engine = new InProcessEngine(model, new(), WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode, most);
            var groups = engine.Sample(request, default);
            Assert.IsTrue(engine.PeakCacheTokens > 0 && engine.PeakCacheTokens <= most, $"{engine.PeakCacheTokens} of {most}");
            foreach (var (expected, actual) in whole.Zip(groups))
            {
                Assert.AreSame(expected.Prompt, actual.Prompt);
                foreach (var (a, b) in expected.Completions.Zip(actual.Completions))
                {
                    CollectionAssert.AreEqual(a.Ids.ToArray(), b.Ids.ToArray());
                    CollectionAssert.AreEqual(a.LogProbs!.ToArray(), b.LogProbs!.ToArray()); // to the bit
                }
            }
        }
    }

    [TestMethod]
    public void A_cache_too_small_for_eight_completions_is_refused_with_the_number_that_is_needed()
    {
        using var run = new TinyRun(o => o.Execution.MaxCacheTokens = 100);
        var error = Assert.ThrowsExactly<GrpoOptionsException>(() => run.Train());
        StringAssert.Contains(error.Message, "Execution.MaxCacheTokens is 100, but 8 completions of the longest prompt, the fewest that are sampled together, take 256 with MaxCompletionTokens = 8, the held-out prompts included, lengths rounded up to 32. Set it to 256 or more, or leave it null.");
        using var enough = new TinyRun(o => o.Execution.MaxCacheTokens = 256);
        using var free = new TinyRun();
        enough.Train();
        free.Train();
        Near.AreEqual(free.Weights, enough.Weights, 1e-12, "weights");
    }

    [TestMethod]
    public void By_default_the_cache_is_bounded_by_free_memory()
    {
        using var model = RandomModel.Create(RandomModel.Config, dtype: ScalarType.Float32);
        Assert.AreEqual(256, CacheMemory.TokenBytes(model.Config, model.Dtype)); // two layers, two key heads of 8, keys and values, 4 bytes
        var bytes = CacheMemory.Tokens(model) * 256;
        Assert.IsTrue(bytes > 0 && bytes <= GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2);
    }

    [TestMethod]
    public void A_prompt_is_padded_by_an_eighth_at_most_or_to_a_multiple_of_eight()
    {
        foreach (var length in Enumerable.Range(1, 5000))
        {
            var padded = DecodingBatches.PaddedLength(new(0, new int[length]));
            Assert.IsTrue(padded >= length && padded % 8 == 0, $"{length} becomes {padded}");
            Assert.IsTrue(padded < length + 8 || padded <= length * 9 / 8.0, $"{length} becomes {padded}");
        }
    }

    [TestMethod]
    public void A_long_prefill_takes_several_passes_and_samples_what_one_would()
    {
        using var model = RandomModel.Create(RandomModel.Config with { MaxPositions = 1100 });
        var request = Request(Enumerable.Repeat(1000, 20), groupSize: 2, maxTokens: 4);
        var work = new WorkCounters();
        var groups = new InProcessEngine(model, work, WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode).Sample(request, default);
        Assert.AreEqual(3, work.Passes(WorkPurpose.RolloutPrefill), "20,480 padded tokens, at most 8,192 a pass.");
        Assert.AreEqual(20_000, work.Tokens(WorkPurpose.RolloutPrefill));
        foreach (var group in new[] { groups[0], groups[7], groups[8], groups[19] })
        {
            var alone = new InProcessEngine(model, new(), WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode).Sample(request with { Prompts = [group.Prompt] }, default)[0];
            for (var g = 0; g < 2; g++)
            {
                CollectionAssert.AreEqual(alone.Completions[g].Ids.ToArray(), group.Completions[g].Ids.ToArray());
            }
        }
    }

    [TestMethod]
    public void No_prefill_begins_after_the_cancellation()
    {
        using var model = RandomModel.Create();
        var work = new WorkCounters();
        Assert.Throws<OperationCanceledException>(() => new InProcessEngine(model, work, WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode)
            .Sample(Request([5, 5], groupSize: 2), new CancellationToken(canceled: true)));
        Assert.AreEqual(0, work.Passes(WorkPurpose.RolloutPrefill));
    }

    [TestMethod]
    public void A_cache_grows_by_half_and_never_beyond_what_can_be_needed()
    {
        using var cache = new KeyValueCache(RandomModel.Config, 8, 64, ScalarType.Float32, CPU);
        List<int> capacities = [];
        for (var length = 1; length <= 230; length++)
        {
            cache.EnsureCapacity(length, 230);
            capacities.Add(cache.Capacity);
        }

        CollectionAssert.AreEqual(new[] { 64, 96, 160, 256 }, capacities.Distinct().ToArray());
        cache.EnsureCapacity(257, 257);
        Assert.AreEqual(288, cache.Capacity);
    }

    private static RolloutRequest Request(IEnumerable<int> lengths, int groupSize, int maxTokens = 30) => new(
        [.. lengths.Select((length, place) => new RolloutPrompt(place, [.. Enumerable.Range(0, length).Select(t => 2 + (((place * 7) + (t * 3)) % 38))]))],
        groupSize, new() { MaxTokens = maxTokens, StopIds = new HashSet<int> { 0 } }, new(1), DrawPurpose.Training, 0);
}
