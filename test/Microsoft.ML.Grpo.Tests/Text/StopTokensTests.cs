namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class StopTokensTests
{
    private const string Eos = """{"eos_token": "<s>", "pad_token": "<s>"}""";
    private static readonly ChatMLTemplate Template = new(null, assistantTurns: true);

    [TestMethod]
    public void All_that_the_models_files_name_end_a_completion() =>
        CollectionAssert.AreEqual(new[] { 5, 7, TinyTokenizer.ImEnd, TinyTokenizer.Bos }, Resolve(null, [7], [7, 5], Eos, Template));

    [TestMethod]
    public void The_templates_end_of_turn_counts_only_when_the_template_is_in_use() =>
        CollectionAssert.AreEqual(new[] { TinyTokenizer.Bos }, Resolve(null, [], [], Eos, null));

    [TestMethod]
    public void A_pad_token_that_is_an_EOS_still_ends_a_completion()
    {
        var tokenizer = TinyTokenizer.Read(TinyTokenizer.Json(), Eos);
        Assert.AreEqual(tokenizer.EosTokenId, tokenizer.PadTokenId);
        CollectionAssert.Contains(Resolve(null, [], [], Eos, null), tokenizer.PadTokenId!.Value);
    }

    [TestMethod]
    public void The_users_own_list_overrides_all_others() =>
        CollectionAssert.AreEqual(new[] { 3, 9 }, Resolve([9, 3, 9], [7], [5], Eos, Template));

    [TestMethod]
    public void With_no_such_token_the_option_that_names_one_is_named()
    {
        foreach (var own in (int[]?[])[null, []])
        {
            var error = Assert.ThrowsExactly<ArgumentException>(() => Resolve(own, [], [], null, null));
            StringAssert.Contains(error.Message, "StopTokenIds");
        }
    }

    [TestMethod]
    [DataRow(2000)]
    [DataRow(-1)]
    public void An_id_outside_the_vocabulary_is_refused(int id)
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => Resolve([1, id], [], [], null, null));
        StringAssert.Contains(error.Message, $"{id} is outside");
    }

    private static int[] Resolve(int[]? own, int[] config, int[] generation, string? tokenizerConfig, ChatTemplate? template) =>
        [.. StopTokens.Resolve(own, config, generation, TinyTokenizer.Read(TinyTokenizer.Json(), tokenizerConfig), template, vocabularySize: 1100)];
}
