namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class PromptPreparationTests
{
    private static readonly PromptRow[] Rows = [.. new[] { "abc", "abcdefgh", "x" }.Select((text, i) => new PromptRow(i, text, new Dictionary<string, object?>()))];

    [TestMethod]
    public void A_prompt_that_is_too_long_is_an_error_that_names_its_row_and_both_numbers()
    {
        using var policy = TinyPolicy.Create();
        var error = Assert.ThrowsExactly<OverlongPromptException>(() => PromptPreparation.Prepare(Rows, policy, 5, OverlongPrompts.Error, new LogLines(), PromptPreparation.ValidationData));
        StringAssert.StartsWith(error.Message, "The prompt of row 1 (counted from 0) of the validation data has 8 tokens, more than the 5 that leave room for a completion");
        Assert.AreEqual((1L, true, 8, 5), (error.Row, error.IsValidation, error.Tokens, error.Limit));
        StringAssert.Contains(error.Message, "set OverlongPrompts to Skip or TruncateLeft");
    }

    [TestMethod]
    public void A_prompt_that_fills_the_limit_is_not_too_long()
    {
        using var policy = TinyPolicy.Create();
        Assert.AreEqual(3, PromptPreparation.Prepare(Rows, policy, 8, OverlongPrompts.Error, new LogLines()).Count);
    }

    [TestMethod]
    public void Skip_leaves_it_out_and_says_how_many()
    {
        using var policy = TinyPolicy.Create();
        var log = new LogLines();
        var prepared = PromptPreparation.Prepare(Rows, policy, 5, OverlongPrompts.Skip, log);
        CollectionAssert.AreEqual(new long[] { 0, 2 }, prepared.Select(p => p.Row.Row).ToArray());
        Assert.AreEqual("1 prompts of the training data are longer than 5 tokens (MaxPromptTokens) and are left out (OverlongPrompts.Skip).", log.All.Single());
    }

    [TestMethod]
    public void TruncateLeft_keeps_the_end()
    {
        using var policy = TinyPolicy.Create();
        var log = new LogLines();
        var prepared = PromptPreparation.Prepare(Rows, policy, 5, OverlongPrompts.TruncateLeft, log);
        Assert.AreEqual(3, prepared.Count);
        Assert.AreEqual("defgh", policy.Tokenizer.Decode(prepared[1].Ids));
        Assert.AreEqual("abc", policy.Tokenizer.Decode(prepared[0].Ids));
        StringAssert.Contains(log.All.Single(), "have lost their beginnings");
    }

    [TestMethod]
    public void TruncateLeft_that_leaves_no_room_for_the_text_is_an_error()
    {
        using var policy = TinyPolicy.Create();
        PromptRow[] rows = [new(3, "ü", new Dictionary<string, object?>())]; // two tokens, and no character is cut in two
        var error = Assert.ThrowsExactly<ArgumentException>(() => PromptPreparation.Prepare(rows, policy, 1, OverlongPrompts.TruncateLeft, new LogLines(), "validation data"));
        StringAssert.StartsWith(error.Message, "The prompt of row 3 (counted from 0) of the validation data cannot be cut to 1 tokens");
        StringAssert.EndsWith(error.Message, "Raise MaxPromptTokens, lower MaxCompletionTokens, or shorten SystemPrompt.");
    }

    [TestMethod]
    public void An_empty_prompt_is_an_error_that_names_its_row()
    {
        using var policy = TinyPolicy.Create();
        PromptRow[] rows = [Rows[0], new(17, " \n", new Dictionary<string, object?>())];
        var error = Assert.ThrowsExactly<ArgumentException>(() => PromptPreparation.Prepare(rows, policy, 5, OverlongPrompts.Skip, new LogLines()));
        StringAssert.StartsWith(error.Message, "The prompt of row 17 (counted from 0) of the training data is empty.");
    }

    [TestMethod]
    public void The_limit_is_what_a_completion_leaves_of_the_context_and_never_more()
    {
        var config = RandomModel.Config with { MaxPositions = 100 };
        Assert.AreEqual(60, PromptPreparation.Limit(config, 40, null));
        Assert.AreEqual(60, PromptPreparation.Limit(config, 40, 60));
        Assert.AreEqual(7, PromptPreparation.Limit(config, 40, 7));
        StringAssert.Contains(Assert.ThrowsExactly<GrpoOptionsException>(() => PromptPreparation.Limit(config, 40, 61)).Message, "leaves 60 beside MaxCompletionTokens = 40");
        StringAssert.Contains(Assert.ThrowsExactly<GrpoOptionsException>(() => PromptPreparation.Limit(config, 100, null)).Message, "Set MaxCompletionTokens below 100");
    }

    [TestMethod]
    public void A_run_whose_data_shrinks_below_a_rollout_says_so()
    {
        using var run = new TinyRun(o => (o.OverlongPrompts, o.MaxPromptTokens) = (OverlongPrompts.Skip, 3));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => run.Train()).Message, "usable prompts, but a rollout takes 4");
    }
}
