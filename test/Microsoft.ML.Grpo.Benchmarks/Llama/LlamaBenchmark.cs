using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Benchmarks;

/// <summary>Decoding in process beside llama.cpp's, on the same float32 weights: a GGUF file that this library wrote. The two take turns, and must choose the same tokens.</summary>
internal static class LlamaBenchmark
{
    private const int Group = 8, PromptTokens = 128;
    private const double MostApart = 1e-3; // of log-probs, in nats; float32 sums of different order were seen to be 5e-5 apart
    private const string Story =
        " A farmer has seventeen sheep and buys nine more at the market on Monday. On Tuesday four of them run away through a hole in the fence, and on Wednesday "
        + "two come back. His neighbour offers to buy half of what is left, at thirty coins for each, and to pay in three parts: one now, one at harvest, and one in the spring. "
        + "Say how many sheep each of them has in the end, how many coins are paid each time, and how you came to it, one step after another, in plain words.";

    private static readonly string[] Header =
        ["rows", "ours, tokens a second", "llama.cpp, tokens a second", "ours / llama.cpp", "spread", "ours, share of matmul rate", "llama.cpp, share of matmul rate", "tokens alike", "log-probs apart"];

    /// <param name="source">A GGUF file of any types.</param>
    /// <param name="rowCounts">Completions that are decoded together: 1, or multiples of 8.</param>
    /// <param name="steps">Steps that are timed.</param>
    /// <param name="repeats">Measurements of each.</param>
    /// <param name="threads">Threads of each engine.</param>
    /// <param name="output">Where the table goes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>0 if the two computed the same.</returns>
    public static async Task<int> RunAsync(string source, int[] rowCounts, int steps, int repeats, int threads, TextWriter output, CancellationToken cancellationToken)
    {
        string folder = Directory.CreateTempSubdirectory("grpo-benchmark-").FullName;
        try
        {
            string model = Path.Combine(folder, "model.f32.gguf");
            var (prompts, parameters) = Prepare(source, model, rowCounts.Max());
            using var ours = new EngineProcess("ours", model, threads);
            using var theirs = new EngineProcess("llama.cpp", model, threads);
            var table = new MarkdownTable(output);
            await table.HeadAsync(Header).ConfigureAwait(false);
            bool alike = true;
            foreach (int rows in rowCounts)
            {
                var request = new DecodeRequest(prompts[..Math.Max(1, rows / Group)], Math.Min(rows, Group), steps);
                List<(DecodeResult Ours, DecodeResult Theirs)> pairs = [];
                for (int i = -1; i < repeats; i++)
                {
                    var first = await (i % 2 == 0 ? ours : theirs).RunAsync(request, cancellationToken).ConfigureAwait(false);
                    var second = await (i % 2 == 0 ? theirs : ours).RunAsync(request, cancellationToken).ConfigureAwait(false);
                    pairs.Add(i % 2 == 0 ? (first, second) : (second, first));
                }

                var comparison = new Comparison(pairs[0].Ours, pairs[0].Theirs);
                alike &= comparison.Alike == 1 && comparison.Apart <= MostApart;
                await table.RowAsync([Machine.Count(rows), .. Cells(pairs[1..], rows * (double)steps, 2.0 * parameters), .. comparison.Cells]).ConfigureAwait(false);
            }

            return alike ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<string> Cells(List<(DecodeResult Ours, DecodeResult Theirs)> pairs, double tokens, double operations)
    {
        string PerSecond(Func<(DecodeResult Ours, DecodeResult Theirs), DecodeResult> of) =>
            Machine.Median([.. pairs.Select(pair => tokens / of(pair).Seconds)]).ToString("N0", CultureInfo.InvariantCulture);
        string Share(Func<(DecodeResult Ours, DecodeResult Theirs), DecodeResult> of) =>
            Machine.Ratio(Machine.Median([.. pairs.Select(pair => operations * tokens / of(pair).Seconds / pair.Ours.MatmulRate)]));
        return
        [
            PerSecond(pair => pair.Ours), PerSecond(pair => pair.Theirs), .. Machine.Spread([.. pairs.Select(pair => pair.Theirs.Seconds / pair.Ours.Seconds)]),
            Share(pair => pair.Ours), Share(pair => pair.Theirs),
        ];
    }

    /// <summary>Writes the model as float32, and makes prompts that differ from the first token on.</summary>
    private static (int[][] Prompts, long Parameters) Prepare(string source, string model, int rows)
    {
        TorchRuntime.Initialize();
        using var policy = Policy.Load(source, ScalarType.Float32, CPU, PromptFormat.Raw, null, []);
        GgufExport.Save(model, policy.Network, policy.Model.Files, policy.ModelStopIds, new());
        var prompts = Enumerable.Range(1, Math.Max(1, rows / Group)).Select(i =>
        {
            IReadOnlyList<int> ids = policy.Tokenizer.Encode($"{i * i}. Problem number {i}.{Story}{Story}");
            return ids.Take(PromptTokens).ToArray();
        });
        return ([.. prompts], policy.Network.ParameterCount);
    }

    /// <summary>Whether two engines computed the same.</summary>
    private sealed class Comparison
    {
        public Comparison(DecodeResult ours, DecodeResult theirs)
        {
            if (ours.Ids.Length != theirs.Ids.Length || ours.LogProbs.Concat(theirs.LogProbs).Any(row => !row.All(double.IsFinite)))
            {
                throw new InvalidOperationException("The engines gave another number of rows, or log-probs that are not finite.");
            }

            long same = 0, all = 0;
            foreach (var (a, b, p, q) in ours.Ids.Zip(theirs.Ids, ours.LogProbs).Zip(theirs.LogProbs, (ids, logProbs) => (ids.First, ids.Second, ids.Third, logProbs)))
            {
                int prefix = a.Zip(b).TakeWhile(pair => pair.First == pair.Second).Count(); // what follows another token is another text
                (same, all) = (same + prefix, all + a.Length);
                Apart = Math.Max(Apart, p.Zip(q).Take(prefix).Select(pair => Math.Abs(pair.First - pair.Second)).DefaultIfEmpty().Max());
            }

            Alike = (double)same / all;
        }

        /// <summary>Share of the tokens up to the first that differs, row by row.</summary>
        public double Alike { get; }

        /// <summary>The largest difference of the log-probs of these.</summary>
        public double Apart { get; }

        public string[] Cells => [Alike.ToString("P0", CultureInfo.InvariantCulture), Apart.ToString("0.0E-0", CultureInfo.InvariantCulture)];
    }
}
