namespace Microsoft.ML.Grpo;

/// <summary>What a draw is for: draws of different purposes never meet.</summary>
internal enum DrawPurpose : uint
{
    Training,
    Evaluation,
    Generation,
    DataOrder,
    RowOrder,
    Check,
    Adapter,
    Dropout,
}

/// <summary>The randomness of a run: every draw is a function of its seed and of what the draw is for.</summary>
/// <param name="Seed">The run's seed.</param>
internal readonly record struct RunRandom(long Seed)
{
    private const double TwoToMinus52 = 1.0 / (1L << 52);

    /// <summary>A number in [0, 1), a multiple of 2⁻⁵², so that times a sum of probabilities it stays below that sum.</summary>
    /// <param name="purpose">What the draw is for.</param>
    /// <param name="rollout">Number of the rollout (or epoch), from 0.</param>
    /// <param name="place">Place of the prompt in the rollout, from 0.</param>
    /// <param name="generation">Which completion of the group, from 0.</param>
    /// <param name="position">Place of the token in the completion, from 0.</param>
    public double Uniform(DrawPurpose purpose, long rollout, int place, int generation, int position)
    {
        // The purpose and the upper half of the rollout number go into the key, through the generator itself.
        var (a, b, _, _) = Philox.Block((ulong)Seed, (uint)purpose, (uint)(rollout >> 32), 0, 0);
        var (high, low, _, _) = Philox.Block(((ulong)a << 32) | b, (uint)rollout, (uint)place, (uint)generation, (uint)position);
        return ((((ulong)high << 32) | low) >> 12) * TwoToMinus52;
    }

    /// <summary>64 random bits, for what draws on from them by itself.</summary>
    /// <param name="purpose">What they are for: nothing that <see cref="Uniform"/> is asked for too.</param>
    /// <param name="rollout">Number of the rollout, from 0.</param>
    /// <param name="visit">Which walk over it.</param>
    /// <param name="pass">Which pass of that walk.</param>
    /// <param name="row">Place of the row in the rollout, from 0.</param>
    public ulong Bits(DrawPurpose purpose, long rollout, int visit, int pass, int row)
    {
        var (a, b, _, _) = Philox.Block((ulong)Seed, (uint)purpose, (uint)(rollout >> 32), (uint)visit, (uint)pass);
        var (high, low, _, _) = Philox.Block(((ulong)a << 32) | b, (uint)rollout, (uint)row, 0, 0);
        return ((ulong)high << 32) | low;
    }

    /// <summary>A permutation of 0 .. count−1 (Fisher and Yates).</summary>
    /// <param name="purpose">What it is for.</param>
    /// <param name="number">Which one: an epoch, a rollout.</param>
    /// <param name="count">How many.</param>
    public int[] Permutation(DrawPurpose purpose, long number, int count)
    {
        var order = Enumerable.Range(0, count).ToArray();
        for (var i = count - 1; i > 0; i--)
        {
            var j = (int)(Uniform(purpose, number, i, 0, 0) * (i + 1));
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }
}
