using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class TokenSamplerTests
{
    private static readonly double[] Logits = [1.5, -0.3, 0.2, 2.1, -1.7, 0.9, 0, -2.5];

    [TestMethod]
    [DataRow(1.0)]
    [DataRow(0.6)]
    public void Frequencies_are_the_probabilities(double temperature)
    {
        const int draws = 200_000;
        using var scope = NewDisposeScope();
        var random = new RunRandom(11);
        var uniforms = Enumerable.Range(0, draws).Select(i => random.Uniform(DrawPurpose.Check, 0, i, 0, 0)).ToArray();
        var (ids, _) = TokenSampler.Draw(tensor(Logits).unsqueeze(0).expand(draws, -1), Sampling(temperature), tensor(uniforms));
        var counts = ids.data<long>().ToArray().GroupBy(i => i).ToDictionary(g => g.Key, g => g.Count());
        var expected = Softmax(Logits, temperature);
        var chiSquare = expected.Select((p, i) => Math.Pow(counts.GetValueOrDefault(i) - (p * draws), 2) / (p * draws)).Sum();
        Assert.IsTrue(chiSquare < 24.3, $"chi-square {chiSquare} with 7 degrees of freedom: p below 0.001");
    }

    [TestMethod]
    public void The_log_prob_is_that_of_the_whole_distribution_whatever_was_truncated()
    {
        using var scope = NewDisposeScope();
        foreach (var sampling in new[] { Sampling(0.7), Sampling(0.7) with { TopK = 2 }, Sampling(0.7) with { TopP = 0.3 }, Sampling(0.7) with { MinP = 0.9 } })
        {
            foreach (var u in new[] { 0, 0.3, 0.99 })
            {
                var (ids, logProbs) = TokenSampler.Draw(tensor(Logits).unsqueeze(0), sampling, tensor(new[] { u }));
                Assert.AreEqual(Math.Log(Softmax(Logits, 0.7)[ids.item<long>()]), logProbs.item<double>(), 1e-12);
            }
        }
    }

    [TestMethod]
    public void Greedy_takes_the_first_of_the_most_likely_and_scores_it_at_temperature_one()
    {
        using var scope = NewDisposeScope();
        var (ids, logProbs) = TokenSampler.Draw(tensor(new[] { 0.0, 3, 1, 3, 3 }).unsqueeze(0).expand(9, -1), Sampling(0), zeros(9, ScalarType.Float64));
        Assert.IsTrue(ids.data<long>().ToArray().All(i => i == 1));
        Assert.AreEqual(Math.Log(Softmax([0, 3, 1, 3, 3], 1)[1]), logProbs[0].item<double>(), 1e-12);
    }

    [TestMethod]
    public void Exactly_the_tokens_that_a_plain_reading_of_the_rules_keeps_can_be_drawn() =>
        Gen.Select(
            Gen.Double[-4, 4].Array[2, 12],
            Gen.Int[0, 13],
            Gen.Double[0.05, 1.0],
            Gen.Double[0, 0.9]).Sample(
            (logits, k, p, m) =>
            {
                var sampling = Sampling(1) with { TopK = k == 0 ? null : k, TopP = p > 0.9 ? null : p, MinP = m < 0.1 ? null : m };
                var kept = Kept(logits, sampling);
                if (kept is null)
                {
                    return; // A cut within rounding of a token's probability.
                }

                CollectionAssert.AreEquivalent(kept, Drawn(logits, sampling));
            },
            iter: 300,
            seed: "0000KOIPe8A3",
            threads: 1);

    [TestMethod]
    public void Tokens_that_tie_with_the_last_of_top_k_stay_too()
    {
        CollectionAssert.AreEquivalent(new[] { 1, 2, 3 }, Drawn([0, 2, 1, 1, 0.5], Sampling(1) with { TopK = 2 }));
        CollectionAssert.AreEquivalent(new[] { 1 }, Drawn([0, 2, 1, 1, 0.5], Sampling(1) with { TopK = 1 }));
    }

    [TestMethod]
    public void The_greatest_uniform_number_draws_a_token_that_may_be_drawn()
    {
        using var scope = NewDisposeScope();
        // The last tokens have no probability at all; rounding must not let the draw run on to them.
        var logits = tensor(new[] { 1.0f, 0.5f, 0.3f, float.NegativeInfinity, float.NegativeInfinity }).unsqueeze(0);
        var (ids, _) = TokenSampler.Draw(logits, Sampling(1), tensor(new[] { 1 - Math.Pow(2, -52) }));
        Assert.AreEqual(2, ids.item<long>());
        (ids, _) = TokenSampler.Draw(logits.flip(1), Sampling(1), tensor(new[] { 0.0 }));
        Assert.AreEqual(2, ids.item<long>());
    }

    [TestMethod]
    public void In_float32_the_tail_of_a_large_vocabulary_can_be_reached()
    {
        const int vocabulary = 50_000;
        using var scope = NewDisposeScope();
        // One token of probability 0.99 and 49,999 that share the rest: each has 2e-7, near the rounding of a float32 sum of 1.
        var logits = zeros(1, vocabulary);
        logits[0, 0] = (float)Math.Log(99.0 * (vocabulary - 1));
        var random = new RunRandom(4);
        const int draws = 400;
        var uniforms = Enumerable.Range(0, draws).Select(i => 0.99 + (0.01 * random.Uniform(DrawPurpose.Check, 0, i, 0, 0))).ToArray();
        var drawn = uniforms.Select(u => TokenSampler.Draw(logits, Sampling(1), tensor(new[] { u })).Ids.item<long>()).ToArray();
        for (var i = 0; i < draws; i++)
        {
            var expected = (uniforms[i] - 0.99) / 0.01 * (vocabulary - 1);
            Assert.AreEqual(expected, drawn[i], vocabulary * 1e-3, $"draw {i}");
        }

        Assert.IsTrue(drawn.Distinct().Count() > draws * 0.98, "A float32 sum would give the same few tokens again and again.");
    }

    /// <summary>Every token that some uniform number draws.</summary>
    private static int[] Drawn(double[] logits, SamplingParameters sampling)
    {
        using var scope = NewDisposeScope();
        var (ids, _) = TokenSampler.Draw(tensor(logits).unsqueeze(0).expand(20_000, -1), sampling, Sums.Range(20_000, CPU).to(ScalarType.Float64) / Scalars.Of(20_000.0));
        return [.. ids.data<long>().ToArray().Distinct().Select(i => (int)i)];
    }

    /// <summary>The rules, one after the other, each on what the last has left; null where a token lies on a cut to within rounding.</summary>
    private static int[]? Kept(double[] logits, SamplingParameters sampling)
    {
        const double rounding = 1e-9;
        var left = Softmax(logits, 1).Select((p, i) => (P: p, Id: i)).OrderByDescending(t => t.P).ToList();
        if (left[^1].P < 2e-4 || left.Zip(left.Skip(1)).Any(pair => pair.First.P - pair.Second.P < rounding))
        {
            return null; // Too rare for the uniform numbers of Drawn; or a tie, which has its own test.
        }

        if (sampling.TopK is { } k)
        {
            left = [.. left.Take(k)];
        }

        if (sampling.TopP is { } p)
        {
            var (sum, before, kept) = (left.Sum(t => t.P), 0.0, new List<(double, int)>());
            foreach (var token in left)
            {
                if (Math.Abs(before - (p * sum)) < rounding)
                {
                    return null;
                }

                if (before < p * sum)
                {
                    kept.Add(token);
                }

                before += token.P;
            }

            left = kept!;
        }

        if (sampling.MinP is { } m)
        {
            if (left.Any(t => Math.Abs(t.P - (m * left[0].P)) < rounding))
            {
                return null;
            }

            left = [.. left.Where(t => t.P >= m * left[0].P)];
        }

        return [.. left.Select(t => t.Id)];
    }

    private static double[] Softmax(double[] logits, double temperature)
    {
        var weights = logits.Select(l => Math.Exp(l / temperature)).ToArray();
        return [.. weights.Select(w => w / weights.Sum())];
    }

    private static SamplingParameters Sampling(double temperature) => new() { Temperature = temperature, MaxTokens = 1, StopIds = new HashSet<int>() };
}
