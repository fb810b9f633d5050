namespace Microsoft.ML.Grpo;

/// <summary>
/// Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): a draw is a pure function of a key
/// and a counter, so neither order, batching nor threads can change it.
/// </summary>
internal static class Philox
{
    private const uint Multiplier0 = 0xD2511F53;
    private const uint Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9;
    private const uint Weyl1 = 0xBB67AE85;
    private const int Rounds = 10;

    /// <summary>The four words at a counter under a key.</summary>
    public static (uint A, uint B, uint C, uint D) Block(ulong key, uint a, uint b, uint c, uint d)
    {
        var (key0, key1) = ((uint)key, (uint)(key >> 32));
        for (var round = 0; round < Rounds; round++)
        {
            var product0 = (ulong)Multiplier0 * a;
            var product1 = (ulong)Multiplier1 * c;
            (a, b, c, d) = ((uint)(product1 >> 32) ^ b ^ key0, (uint)product1, (uint)(product0 >> 32) ^ d ^ key1, (uint)product0);
            key0 += Weyl0;
            key1 += Weyl1;
        }

        return (a, b, c, d);
    }
}
