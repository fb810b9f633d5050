namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class PromptOrderTests
{
    [TestMethod]
    public void An_epoch_holds_every_prompt_at_most_once_and_leaves_out_what_fills_no_rollout()
    {
        var order = new PromptOrder(Prompts(11), 3, new RunRandom(5));
        Assert.AreEqual(3, order.RolloutsPerEpoch);
        Assert.AreEqual(2, order.LeftOut);
        var epochs = Enumerable.Range(0, 40).Select(epoch => Rows(order, epoch * 3, 3)).ToArray();
        Assert.IsTrue(epochs.All(rows => rows.Length == 9 && rows.Distinct().Count() == 9));
        Assert.IsTrue(epochs.Select(rows => string.Join(' ', rows)).Distinct().Count() > 35, "Epochs should differ.");
        Assert.AreEqual(11, epochs.SelectMany(rows => rows).Distinct().Count(), "What one epoch leaves out another takes.");
    }

    [TestMethod]
    public void An_epoch_that_is_filled_exactly_is_a_permutation()
    {
        var order = new PromptOrder(Prompts(12), 4, new RunRandom(5));
        CollectionAssert.AreEquivalent(Enumerable.Range(0, 12).Select(i => (long)i).ToArray(), Rows(order, 3, 3));
        CollectionAssert.AreNotEqual(Rows(order, 0, 3), Rows(order, 3, 3));
    }

    [TestMethod]
    public void A_rollouts_prompts_do_not_depend_on_what_was_asked_before()
    {
        var order = new PromptOrder(Prompts(9), 2, new RunRandom(5));
        var backwards = Enumerable.Range(0, 12).Reverse().Select(i => Rows(order, i, 1)).Reverse().SelectMany(r => r).ToArray();
        CollectionAssert.AreEqual(Rows(new PromptOrder(Prompts(9), 2, new RunRandom(5)), 0, 12), backwards);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(5)]
    [DataRow(23)]
    public void Prompts_one_after_another_are_those_of_the_rollouts_however_many_are_taken_at_once(int count)
    {
        var expected = Rows(new PromptOrder(Prompts(11), 3, new RunRandom(5)), 0, 23); // 69 prompts: 7 epochs of 9, and 6 more
        var order = new PromptOrder(Prompts(11), 3, new RunRandom(5));
        Assert.AreEqual(9, order.PerEpoch);
        var taken = new List<long>();
        while (taken.Count < expected.Length)
        {
            taken.AddRange(order.From(taken.Count, count).Select(p => p.Row.Row));
        }

        CollectionAssert.AreEqual(expected, taken[..expected.Length]);
        CollectionAssert.AreEqual(expected[4..10], order.From(4, 6).Select(p => p.Row.Row).ToArray(), "What was asked before does not count.");
    }

    [TestMethod]
    public void Without_randomness_the_datas_own_order_is_kept()
    {
        var order = new PromptOrder(Prompts(5), 2, random: null);
        CollectionAssert.AreEqual(new long[] { 0, 1, 2, 3, 0, 1 }, Rows(order, 0, 3));
    }

    [TestMethod]
    public void Fewer_prompts_than_a_rollout_takes_are_refused_with_both_numbers()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => new PromptOrder(Prompts(3), 4, random: null));
        StringAssert.StartsWith(
            error.Message, "There are 3 usable prompts, but a rollout takes 4 (PromptsPerRollout). Give more rows, or set PromptsPerRollout to at most 3.");
    }

    [TestMethod]
    public void No_prompts_at_all_are_refused_without_bad_advice()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => new PromptOrder([], 4, random: null));
        StringAssert.StartsWith(error.Message, "There are 0 usable prompts, but a rollout takes 4 (PromptsPerRollout). Give more rows.");
    }

    private static PreparedPrompt[] Prompts(int count) => [.. TinyRun.Prompts(count).Select(p => new PreparedPrompt(p, [1]))];

    private static long[] Rows(PromptOrder order, long first, int rollouts) =>
        [.. Enumerable.Range(0, rollouts).SelectMany(i => order.Of(first + i)).Select(p => p.Row.Row)];
}
