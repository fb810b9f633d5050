using Microsoft.ML.Grpo;

namespace RealModel;

/// <summary>A reward of tossed coins, to show what the machinery alone does to a policy. A toss is a function of the seed, the rollout and the completion's place in it.</summary>
internal static class RandomReward
{
    public const string Name = "random";

    /// <param name="seed">The run's seed.</param>
    public static Reward Create(int seed)
    {
        var rollout = 0L;
        return Reward.FromBatchFunction(
            Name,
            batch =>
            {
                if ((bool)batch[0].Columns[nameof(Problem.HeldOut)]!)
                {
                    return [.. batch.Select(_ => (double?)null)]; // held-out problems are judged by nothing but the answer
                }

                var number = rollout++;
                return [.. batch.Select((_, place) => (double?)Toss(seed, number, place))];
            },
            columns: nameof(Problem.HeldOut));
    }

    /// <summary>0 or 1.</summary>
    public static int Toss(int seed, long rollout, int place) =>
        (int)(Mix(Mix(Mix((ulong)seed) ^ (ulong)rollout) ^ (ulong)place) >> 63);

    // SplitMix64 (Steele, Lea and Flood 2014): every bit of the input moves every bit of the output.
    private static ulong Mix(ulong value)
    {
        unchecked
        {
            value += 0x9E3779B97F4A7C15;
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
            return value ^ (value >> 31);
        }
    }
}
