using CsCheck;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class StopFilterTests
{
    [TestMethod]
    public void However_the_text_is_cut_into_pieces_what_is_shown_ends_before_the_first_stop_sequence()
    {
        // Two letters, so that beginnings of stop sequences are everywhere.
        var text = Gen.Char["ab"].Array[0, 24].Select(letters => new string(letters));
        Gen.Select(text.Array[0, 6], Gen.Char["ab"].Array[1, 4].Select(letters => new string(letters)).Array[0, 3]).Sample((pieces, stops) =>
        {
            var filter = new StopFilter(stops);
            var (soFar, shown) = ("", "");
            foreach (var piece in pieces)
            {
                soFar += piece;
                shown += filter.Append(piece);
                var open = stops.SelectMany(Beginnings).Where(beginning => soFar.EndsWith(beginning, StringComparison.Ordinal)).Select(beginning => beginning.Length).DefaultIfEmpty(0).Max();
                Assert.IsTrue(filter.Stopped || shown.Length == soFar.Length - open, "What may become a stop sequence is held back, and nothing else.");
            }

            var stopped = filter.Stopped;
            shown += filter.Flush();
            var (expected, met) = Expected(string.Concat(pieces), stops);
            Assert.AreEqual(expected, shown);
            Assert.AreEqual(met, stopped);
            Assert.IsFalse(stops.Any(stop => shown.Contains(stop, StringComparison.Ordinal)));
        }, iter: 3000);
    }

    [TestMethod]
    public void After_a_stop_sequence_nothing_is_shown()
    {
        var filter = new StopFilter(["\n"]);
        Assert.AreEqual("42", filter.Append("42\n43"));
        Assert.IsTrue(filter.Stopped);
        Assert.AreEqual("", filter.Append("44"));
        Assert.AreEqual("", filter.Flush());
    }

    [TestMethod]
    public void Without_stop_sequences_nothing_is_held_back()
    {
        var filter = new StopFilter([]);
        Assert.AreEqual("abc", filter.Append("abc"));
        Assert.IsFalse(filter.Stopped);
        Assert.AreEqual("", filter.Flush());
    }

    [TestMethod]
    public void Less_than_the_longest_stop_sequence_is_held_back()
    {
        var filter = new StopFilter(["</answer>"]);
        Assert.AreEqual("1 < 2, ", filter.Append("1 < 2, <"));
        Assert.AreEqual("", filter.Append("/answer"));
        Assert.AreEqual("</answer <", filter.Append(" <<")[..10]);
        Assert.AreEqual("<", filter.Flush());
    }

    private static IEnumerable<string> Beginnings(string stop) => Enumerable.Range(1, stop.Length - 1).Select(length => stop[..length]);

    /// <summary>Character by character, the plain way.</summary>
    private static (string Text, bool Met) Expected(string text, string[] stops)
    {
        for (var end = 1; end <= text.Length; end++)
        {
            var complete = stops.Where(stop => text[..end].EndsWith(stop, StringComparison.Ordinal)).OrderByDescending(stop => stop.Length).FirstOrDefault();
            if (complete is not null)
            {
                return (text[..(end - complete.Length)], true);
            }
        }

        return (text, false);
    }
}
