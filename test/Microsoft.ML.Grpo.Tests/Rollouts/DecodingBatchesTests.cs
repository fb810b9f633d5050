using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class DecodingBatchesTests
{
    [TestMethod]
    public void No_part_has_more_rows_than_are_worth_it_nor_a_larger_cache_than_allowed()
    {
        // Two layers, two key heads of 8, float64: 512 bytes a token.
        var request = Request(Enumerable.Range(0, 200).Select(i => 1 + (i * 37 % 120)), groupSize: 8);
        foreach (var most in new[] { long.MaxValue, 2_000_000 })
        {
            var parts = DecodingBatches.Split(request, RandomModel.Config with { MaxPositions = 1000 }, 8, most).ToArray();
            CollectionAssert.AreEquivalent(request.Prompts.ToArray(), parts.SelectMany(p => p).ToArray());
            Assert.IsTrue(parts.All(p => p.Count * 8 <= 512));
            Assert.IsTrue(parts.All(p => p.Count * 8L * (p.Max(DecodingBatches.PaddedLength) + 30) * 512 <= most));
            Assert.IsTrue(parts.SkipLast(1).All(p => p.Count > 1), "Parts are as large as they may be.");
        }
    }

    [TestMethod]
    public void A_group_that_is_larger_than_allowed_stands_alone()
    {
        var parts = DecodingBatches.Split(Request([5, 5, 5], groupSize: 8), RandomModel.Config, 8, mostBytes: 1).ToArray();
        Assert.IsTrue(parts.Length == 3 && parts.All(p => p.Count == 1));
        Assert.HasCount(3, DecodingBatches.Split(Request([5, 5, 5], groupSize: 600), RandomModel.Config, 8));
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
