using Microsoft.ML.Grpo.Parity;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The parity checker's line for a kind of number.</summary>
[TestClass]
public class QuantityTests
{
    [TestMethod]
    public void The_bound_is_absolute_or_relative_whichever_is_more()
    {
        Assert.AreEqual("ok    q  abs 1.0e00  rel 1.0e-02  bound 1e-2 absolute or relative", Line(0.01, q => q.Compare(1, "x", 101, 100)));
        Assert.AreEqual("ok    q  abs 5.0e-03  rel 1.0e00  bound 1e-2 absolute or relative", Line(0.01, q => q.Compare(1, "x", 0.01, 0.005)));
        Assert.AreEqual("FAIL  q  abs 2.0e00  rel 2.0e-02  bound 1e-2 absolute or relative  1 of 1 wrong, first at step 3: x is 102, the reference's 100", Line(0.01, q => q.Compare(3, "x", 102, 100)));
    }

    [TestMethod]
    public void Nothing_known_agrees_with_nothing_known_only()
    {
        StringAssert.StartsWith(Line(1, q => q.Compare(1, "x", double.NaN, null)), "ok    q  abs 0.0e00");
        StringAssert.StartsWith(Line(1, q => q.Compare(1, "x", double.NaN, 0)), "FAIL  q  abs NaN");
        StringAssert.StartsWith(Line(1, q => q.Compare(1, "x", 0, null)), "FAIL  q  abs NaN");
    }

    [TestMethod]
    public void What_fails_first_is_named_and_the_largest_error_is_told()
    {
        var line = Line(0.1, q =>
        {
            q.Compare(1, "x", 1, 1);
            q.Compare(2, "y", 2, 1);
            q.Compare(3, "z", 5, 1);
        });
        Assert.AreEqual("FAIL  q  abs 4.0e00  rel 4.0e00  bound 1e-1 absolute or relative  2 of 3 wrong, first at step 2: y is 2, the reference's 1", line);
    }

    [TestMethod]
    public void A_kind_without_numbers_fails() => Assert.AreEqual("FAIL  q  has no entries to compare", Line(1, _ => { }));

    private static string Line(double bound, Action<Quantity> compare)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var quantity = new Quantity("q", bound);
        compare(quantity);
        quantity.WriteTo(new Report(output));
        return output.ToString().TrimEnd();
    }
}
