using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// The dropout of one training pass. Whether a feature is dropped is a function of (seed, rollout, visit, purpose, row,
/// layer, position, feature): of what it is for, never of how rows are batched or padded, so that a pass that is run
/// again has the same masks.
/// </summary>
/// <remarks>
/// Philox makes a 64-bit key of each row. The rest is done where the numbers are used, by SplitMix64 (Steele, Lea and
/// Flood 2014), whose n-th output is a hash of key + n · γ: once over positions, which gives each token a key, and once over
/// the layers' features. A word of 64 bits serves two features with 32 bits each.
/// </remarks>
internal sealed class DropoutMasks
{
    private const long Gamma = unchecked((long)0x9E3779B97F4A7C15);
    private const long Multiplier1 = unchecked((long)0xBF58476D1CE4E5B9);
    private const long Multiplier2 = unchecked((long)0x94D049BB133111EB);
    private const double TwoTo32 = 1L << 32;

    private readonly Tensor _keys; // [B, T, 1] int64
    private readonly long _threshold;

    /// <summary>Prepares a pass. What it holds lives in the caller's dispose scope.</summary>
    /// <param name="key">The pass and its rows.</param>
    /// <param name="share">Share that is dropped; above 0, below 1; taken to a multiple of 2⁻³².</param>
    /// <param name="positions">[B, T] or [1, T] int64: places of the tokens in their rows.</param>
    /// <param name="blocks">How the rows stand in one line of tokens; null: each has a line of its own.</param>
    public DropoutMasks(DropoutKey key, double share, Tensor positions, IReadOnlyList<PackedBlock>? blocks = null)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var random = new RunRandom(key.Seed);
        long[] rows = [.. key.Rows.Select(row => (long)random.Bits(DrawPurpose.Dropout, key.Rollout, key.Visit, (int)key.Purpose, row))];
        var ofTokens = blocks is null
            ? tensor(rows, device: positions.device).unsqueeze(1)                                                                         // [B, 1]
            : tensor(blocks.SelectMany(b => Enumerable.Repeat(b.Length, b.Rows)).SelectMany((length, row) => Enumerable.Repeat(rows[row], length)).ToArray(), device: positions.device).unsqueeze(0); // [1, N]
        _keys = SplitMix(ofTokens, positions).unsqueeze(2).MoveToOuterDisposeScope();
        _threshold = (long)Math.Min(Math.Round(share * TwoTo32), TwoTo32 - 1); // else a share next to 1 would drop all, and divide by 0
        Scale = 1 / (1 - (_threshold / TwoTo32));
    }

    /// <summary>What keeps the expected value of a sum of inputs: 1 / (1 − share). <see cref="Drop"/> leaves it to the caller.</summary>
    public double Scale { get; }

    /// <summary>The input of an adapter with the dropped features 0, and the others as they are.</summary>
    /// <param name="x">[B, T, features].</param>
    /// <param name="layer">Number of the layer.</param>
    public Tensor Drop(Tensor x, int layer)
    {
        using var scope = NewDisposeScope();
        return x.masked_fill(Dropped(layer, x.shape[2]), Scalars.Of(0)).MoveToOuterDisposeScope();
    }

    /// <summary>[B, T, features] bool: what is dropped.</summary>
    internal Tensor Dropped(int layer, long features)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var first = (long)layer << 32;
        var words = SplitMix(_keys, arange(Scalars.Of(first), Scalars.Of(first + ((features + 1) / 2)), Scalars.Of(1), ScalarType.Int64, _keys.device)); // [B, T, words]
        var threshold = Scalars.Of(_threshold);
        return cat([HighBits(words, 32).lt(threshold), words.bitwise_and(tensor(uint.MaxValue, ScalarType.Int64)).lt(threshold)], -1)
            .narrow(-1, 0, features).MoveToOuterDisposeScope();
    }

    /// <summary>Outputs of the generator that starts at <paramref name="keys"/>, at places counted from 0. Products wrap, as they must.</summary>
    internal static Tensor SplitMix(Tensor keys, Tensor places)
    {
        using var scope = NewDisposeScope();
        var z = places.Plus(Scalars.Of(1)).mul_(Scalars.Of(Gamma)).Plus(keys);
        z.bitwise_xor_(HighBits(z, 30)).mul_(Scalars.Of(Multiplier1));
        z.bitwise_xor_(HighBits(z, 27)).mul_(Scalars.Of(Multiplier2));
        return z.bitwise_xor_(HighBits(z, 31)).MoveToOuterDisposeScope();
    }

    /// <summary>A shift to the right that draws in zeros; torch's draws in the sign.</summary>
    private static Tensor HighBits(Tensor z, int shift)
    {
        using var scope = NewDisposeScope();
        return z.bitwise_right_shift(tensor((long)shift)).bitwise_and_(tensor((1L << (64 - shift)) - 1)).MoveToOuterDisposeScope();
    }
}
