using System.Diagnostics;
using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Benchmarks;

/// <summary>The tiled head against the plain one: forward and backward as in training, and forward alone as in scoring.</summary>
internal static class HeadBenchmark
{
    private const long Hidden = 576;

    private static readonly string[] Header = ["vocabulary", "tokens", "weight", "pass", "tiled / plain", "spread", "plain, seconds"];

    /// <returns>0.</returns>
    public static async Task<int> RunAsync(long[] vocabularies, long tokens, int repeats, TextWriter output)
    {
        TorchRuntime.Initialize();
        var table = new MarkdownTable(output);
        await table.HeadAsync(Header).ConfigureAwait(false);
        foreach (long vocabulary in vocabularies)
        {
            foreach (var (trained, gradients) in new[] { (true, true), (false, true), (false, false) })
            {
                double[] ratios = Measure(vocabulary, tokens, trained, gradients, repeats, out double plain);
                await table.RowAsync(
                [
                    Machine.Count(vocabulary), Machine.Count(tokens),
                    trained ? "trained" : "frozen", gradients ? "forward and backward" : "forward",
                    .. Machine.Spread(ratios), plain.ToString("F2", CultureInfo.InvariantCulture),
                ]).ConfigureAwait(false);
            }
        }

        return 0;
    }

    private static double[] Measure(long vocabulary, long tokens, bool trained, bool gradients, int repeats, out double plain)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        var weight = (randn([vocabulary, Hidden], generator: generator) * Scalars.Of(0.05)).requires_grad_(trained && gradients);
        var hidden = randn([tokens, Hidden], generator: generator).requires_grad_(gradients);
        var ids = randint(vocabulary, [tokens], ScalarType.Int64, generator: generator);
        double Run(bool tiled)
        {
            using var inner = NewDisposeScope();
            using var mode = set_grad_enabled(gradients);
            var watch = Stopwatch.StartNew();
            var terms = new HeadTerms([(hidden, weight)], null);
            var (lp, _) = tiled ? TiledHead.Compute(terms, ids, entropyGraph: false, HeadTile.Default) : FullHead.Compute(hidden.matmul(weight.t()), ids, 1);
            if (gradients)
            {
                lp.sum().backward();
                hidden.grad = null;
                weight.grad = null;
            }

            return watch.Elapsed.TotalSeconds;
        }

        Run(false);
        Run(true);
        (double Plain, double Tiled)[] times = [.. Enumerable.Range(0, repeats).Select(_ => (Run(false), Run(true)))];
        plain = Machine.Median([.. times.Select(t => t.Plain)]);
        return [.. times.Select(t => t.Tiled / t.Plain)];
    }
}
