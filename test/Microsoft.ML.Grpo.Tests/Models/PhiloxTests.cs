namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class PhiloxTests
{
    // Known answers of the generator's authors (Random123, kat_vectors, philox4x32 10).
    [TestMethod]
    [DataRow(0ul, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [DataRow(ulong.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [DataRow(0x299f31d0a4093822ul, 0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Gives_the_published_answers(ulong key, uint a, uint b, uint c, uint d, uint w, uint x, uint y, uint z) =>
        Assert.AreEqual((w, x, y, z), Philox.Block(key, a, b, c, d));

    [TestMethod]
    public void Uniform_numbers_fill_the_unit_interval_and_never_reach_one()
    {
        var random = new RunRandom(3);
        var draws = Enumerable.Range(0, 20_000).Select(i => random.Uniform(DrawPurpose.Training, 1, i % 100, i / 100, 7)).ToArray();
        Assert.IsTrue(draws.All(u => u is >= 0 and < 1));
        Assert.AreEqual(0.5, draws.Average(), 0.01);
        Assert.AreEqual(1 / 12.0, draws.Select(u => (u - 0.5) * (u - 0.5)).Average(), 0.002);
        Assert.AreEqual(draws.Length, draws.Distinct().Count());
    }

    [TestMethod]
    public void A_permutation_holds_every_number_once_and_differs_by_epoch()
    {
        var random = new RunRandom(3);
        var first = random.Permutation(DrawPurpose.DataOrder, 0, 50);
        CollectionAssert.AreEquivalent(Enumerable.Range(0, 50).ToArray(), first);
        CollectionAssert.AreNotEqual(first, random.Permutation(DrawPurpose.DataOrder, 1, 50));
        CollectionAssert.AreEqual(first, new RunRandom(3).Permutation(DrawPurpose.DataOrder, 0, 50));
    }
}
