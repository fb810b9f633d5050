namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class RegexDialectTests
{
    [TestMethod]
    [DataRow(@"[a[bc]]", "a set within a set")]
    [DataRow(@"[a-z&&[^b]]", "a set within a set")]
    [DataRow(@"[\s\W]", @"\W in a set")]
    [DataRow("a{,3}", "a repetition without a minimum")]
    [DataRow("(?m:.)", "an option other than i")]
    [DataRow("(?x)a b", "an option other than i")]
    [DataRow("a(?#b)", "a comment")]
    [DataRow("a(?i)b|c", "an option in the middle of a branch")]
    [DataRow(@"\|a(?i)b", "an option in the middle of a branch")]
    [DataRow(@"x\d{2}?y", "a repetition of a fixed number with a question mark")]
    [DataRow(@"(?i)\p{Lu}+", "without regard to case")]
    [DataRow(@"(?i:[a\P{^Ll}])", "without regard to case")]
    [DataRow("(?i:a|SS)", "without regard to case")]
    [DataRow("(?i:\u03C3)", "without regard to case")]
    [DataRow(@"(?i:\u03C3)", "without regard to case")]
    [DataRow(@"(?i:(?:a)\xB5)", "without regard to case")]
    [DataRow("(?i:(a(?-i:b))\u00B5)", "without regard to case")]
    [DataRow("\U0001F600", "a character beyond U+FFFF")]
    public void What_NET_reads_otherwise_is_refused_by_name(string pattern, string named)
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() => TextPattern.Expression(pattern, "tokenizer.json"));
        StringAssert.Contains(error.Message, named);
        StringAssert.Contains(error.Message, pattern);
        StringAssert.Contains(error.Message, "tokenizer.json");
    }

    [TestMethod]
    [DataRow("a?+")]
    [DataRow(@"\p{Han}")]
    [DataRow("(a")]
    public void What_NET_does_not_know_is_refused_with_the_pattern(string pattern) =>
        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => TextPattern.Expression(pattern, "f")).Message, $"'{pattern}'");

    [TestMethod]
    [DataRow(@"\w+", "a\u00B2\u2167\u24D0\U0001F130-b", "#-#")]
    [DataRow(@"\W", "a-\u2167", "a#\u2167")]
    [DataRow(@"\bb", "ab b", "ab #")]
    [DataRow(@"\Bb", "ab b", "a# b")]
    [DataRow(@"[\w-]+", "a-b c", "# #")]
    [DataRow("^a|a$", "a\naba\na", "#\n#b#\n#")]
    [DataRow("(?i:'s)", "'S'\u017F's", "###")]
    [DataRow(@"\p{Lo}", "\U00020000a", "#a")]
    [DataRow(@"[\[\]]", "[a]", "#a#")]
    [DataRow(@"[]\w]+", "]ab-", "#-")]
    [DataRow(@"[^]\w]+", "]-b", "]#b")]
    [DataRow(@"\p{Lu}(?i:'re)|ss(?-i:\p{Ll})", "A'RE ssb", "# #")]
    [DataRow("(?i)a|b|(?-i)c", "ABC", "##C")]
    [DataRow("((?i)a|b)c", "Acbc BC", "## BC")]
    [DataRow(@"(?:(?i)'s|'t)|\p{L}+", "it'S'T", "###")]
    [DataRow(@"(?i:['\u2019]s(?:e))", "'SE\u2019se\u2019", "##\u2019")]
    public void Patterns_match_what_they_match_in_Ruby(string pattern, string text, string replaced) =>
        Assert.AreEqual(replaced, TextPattern.Expression(pattern, "f").Replace(text, "#"));

    /// <summary>The cuts of o200k (and of Tekken, which is its like), where case matters beside a group in which it does not, and of cl100k.</summary>
    [TestMethod]
    [DataRow(@"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+", "It'S| Mc|First'Re| |123|4|!\n|  | x")]
    [DataRow(@"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+", "It|'S| McFirst|'Re| |123|4|!\n|  | x")]
    public void Patterns_of_models_are_read(string pattern, string pieces)
    {
        var text = pieces.Replace("|", string.Empty, StringComparison.Ordinal);
        Assert.AreEqual(pieces, string.Join('|', TextPattern.Expression(pattern, "f").Find(text).Select(span => text[span.Start..span.End])));
    }

    [TestMethod]
    public void Unassigned_code_points_are_no_symbols() =>
        Assert.AreEqual("\U0003FFFD#", TextPattern.Expression(@"\p{S}", "f").Replace("\U0003FFFD\U0001F600", "#"));
}
