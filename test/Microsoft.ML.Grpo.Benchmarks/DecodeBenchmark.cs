using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Benchmarks;

/// <summary>Sampling in process, token by token: what of the machine's matrix products, and of its memory's bandwidth if the weights were read once a token, it comes to.</summary>
internal static class DecodeBenchmark
{
    private const int Group = 8;
    private const int Prompt = 128;

    private static readonly string[] Header = ["model", "rows", "tokens a second", "share of matmul rate", "spread", "share of bandwidth", "spread", "products, share of a step", "the library's / these", "matmul, GFLOP/s", "reading, GB/s"];

    /// <param name="models">Shapes by name: 135m, tiny.</param>
    /// <param name="rowCounts">Completions that are sampled together.</param>
    /// <param name="tokens">Tokens of each that are timed.</param>
    /// <param name="repeats">Measurements of each.</param>
    /// <param name="output">Where the table goes.</param>
    /// <returns>0.</returns>
    public static async Task<int> RunAsync(string[] models, int[] rowCounts, int tokens, int repeats, TextWriter output)
    {
        TorchRuntime.Initialize();
        var table = new MarkdownTable(output);
        await table.HeadAsync(Header).ConfigureAwait(false);
        foreach (string name in models)
        {
            using var model = RandomWeights.Create(name == "tiny" ? RandomWeights.ShapeTiny : RandomWeights.Shape135M);
            foreach (int rows in rowCounts)
            {
                await table.RowAsync([name, Machine.Count(rows), .. Measure(model, rows, tokens, repeats)]).ConfigureAwait(false);
            }
        }

        return 0;
    }

    private static IEnumerable<string> Measure(CausalLM model, int rows, int tokens, int repeats)
    {
        var engine = new InProcessEngine(model, new(), WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode);
        RolloutPrompt[] prompts = [.. Enumerable.Range(0, rows / Group).Select(p => new RolloutPrompt(p, [.. Enumerable.Range(0, Prompt).Select(t => (p + t) % model.Config.VocabularySize)]))];
        double Sample(int most)
        {
            var sampling = new SamplingParameters { MaxTokens = most, StopIds = new HashSet<int>() };
            return Machine.Time(() => engine.Sample(new(prompts, Group, sampling, new(1), DrawPurpose.Check, 0), default));
        }

        Sample(2);
        var (perSecond, ofMatmul, ofBandwidth) = (new List<double>(), new List<double>(), new List<double>());
        var (products, library) = (new List<double>(), new List<double>());
        var (rates, bandwidths) = (new List<double>(), new List<double>());
        for (int i = 0; i < repeats; i++)
        {
            // The first token comes of the prompt's pass, which is left out.
            double steps = tokens / (Sample(tokens + 1) - Sample(1));
            perSecond.Add(steps * rows);
            rates.Add(Machine.MatmulRate());
            bandwidths.Add(Machine.Bandwidth());
            ofMatmul.Add(2.0 * model.ParameterCount * rows * steps / rates[^1]);
            ofBandwidth.Add(model.ParameterCount * (double)sizeof(float) * steps / bandwidths[^1]);
            double ours = Products(model, rows, (x, layer) => layer.Apply(x));
            products.Add(ours * steps);
            library.Add(Products(model, rows, (x, layer) => nn.functional.linear(x, layer.Weight)) / ours);
        }

        return [Machine.Median(perSecond).ToString("N0", CultureInfo.InvariantCulture), .. Machine.Spread(ofMatmul), .. Machine.Spread(ofBandwidth), Machine.Ratio(Machine.Median(products)), Machine.Ratio(Machine.Median(library)), Giga(rates), Giga(bandwidths)];

        static string Giga(List<double> values) => $"{Machine.Count((long)(values.Min() / 1e9))} to {Machine.Count((long)(values.Max() / 1e9))}";
    }

    /// <summary>Seconds of the products with all weights, as a step has them: the best of several.</summary>
    private static double Products(CausalLM model, int rows, Func<Tensor, Projection, Tensor> product)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var inputs = model.LinearLayers.Values.Select(layer => layer.Weight.shape[1]).Distinct().ToDictionary(size => size, size => ones([rows, 1, size]));
        void All()
        {
            foreach (var layer in model.LinearLayers.Values)
            {
                product(inputs[layer.Weight.shape[1]], layer).Dispose();
            }
        }

        All();
        return Enumerable.Range(0, 5).Min(_ => Machine.Time(All));
    }
}
