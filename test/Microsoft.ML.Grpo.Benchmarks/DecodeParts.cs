using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Benchmarks;

/// <summary>What a step of decoding is made of: its parts by themselves, in the shapes and as often as a step has them, beside the whole.</summary>
internal static class DecodeParts
{
    private const int Group = 8, Prompt = 128, Steps = 16;

    private static readonly string[] Header = ["rows", "step, ms", "products", "attention", "norms", "rotation", "gate and sums", "draw", "the rest"];

    /// <param name="rowCounts">Completions that are decoded together, multiples of 8.</param>
    /// <param name="output">Where the table goes.</param>
    /// <returns>0.</returns>
    public static async Task<int> RunAsync(int[] rowCounts, TextWriter output)
    {
        TorchRuntime.Initialize();
        using var model = RandomWeights.Create(RandomWeights.Shape135M);
        var table = new MarkdownTable(output);
        await table.HeadAsync(Header).ConfigureAwait(false);
        foreach (int rows in rowCounts)
        {
            double step = Step(model, rows);
            double[] parts = Parts(model, rows);
            await table.RowAsync(
                [Machine.Count(rows), (1000 * step).ToString("F1", CultureInfo.InvariantCulture), .. parts.Append(step - parts.Sum()).Select(part => Machine.Ratio(part / step))]).ConfigureAwait(false);
        }

        return 0;
    }

    private static double Step(CausalLM model, int rows)
    {
        var engine = new InProcessEngine(model, new(), WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode);
        RolloutPrompt[] prompts = [.. Enumerable.Range(0, rows / Group).Select(p => new RolloutPrompt(p, [.. Enumerable.Range(0, Prompt).Select(t => p + t)]))];
        double Sample(int most) => Machine.Time(() => engine.Sample(
            new(prompts, Group, new SamplingParameters { MaxTokens = most, StopIds = new HashSet<int>() }, new(1), DrawPurpose.Check, 0), default));
        Sample(2);
        double PromptsPass() => Enumerable.Range(0, 5).Min(_ => Sample(1));
        return (Enumerable.Range(0, 5).Min(_ => Sample(Steps + 1)) - PromptsPass()) / Steps;
    }

    private static double[] Parts(CausalLM model, int rows)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var config = model.Config;
        var inputs = model.LinearLayers.Values.Select(layer => layer.Weight.shape[1]).Distinct().ToDictionary(size => size, size => ones([rows, 1, size]));
        var (x, middle, logits) = (inputs[config.HiddenSize], ones([rows, 1, config.IntermediateSize]), randn([rows, config.VocabularySize]));
        Tensor Heads(int count) => ones([rows, 1, count, config.HeadSize]).transpose(1, 2);
        var (query, key) = (Heads(config.Heads), Heads(config.KeyValueHeads));
        var norm = new RmsNorm(ones([config.HiddenSize]), config.NormEpsilon);
        using var rotary = new RotaryEmbedding(config, ScalarType.Float32, CPU);
        const int Length = Prompt + (Steps / 2);
        var positions = full([rows], Length, dtype: ScalarType.Int64);
        var (cos, sin) = rotary.At(positions.unsqueeze(1));
        using var cache = new KeyValueCache(config, rows, Length + 1, ScalarType.Float32, CPU);
        var sampling = new SamplingParameters { MaxTokens = 1, StopIds = new HashSet<int>() };
        return
        [
            Best(() => ForLayers(model.LinearLayers.Count, i => model.LinearLayers.GetAt(i).Value.Apply(inputs[model.LinearLayers.GetAt(i).Value.Weight.shape[1]]))),
            Best(() =>
            {
                using var attention = new DecodeAttention(config, cache, positions, Length);
                ForLayers(config.Layers, i => attention.Attend(i, query, key, key));
            }),
            Best(() => ForLayers((2 * config.Layers) + 1, _ => norm.Apply(x))),
            Best(() => ForLayers(2 * config.Layers, i => RotaryEmbedding.Rotate(i % 2 == 0 ? query : key, cos, sin))),
            Best(() => ForLayers(config.Layers, _ => nn.functional.silu(middle) * middle)) + Best(() => ForLayers(2 * config.Layers, _ => x.Plus(x))),
            Best(() => ForLayers(1, _ => TokenSampler.Draw(logits, sampling, zeros([rows], ScalarType.Float64)).Ids)),
        ];
    }

    private static void ForLayers(int count, Func<int, Tensor> compute)
    {
        for (int i = 0; i < count; i++)
        {
            using var scope = NewDisposeScope();
            compute(i);
        }
    }

    private static double Best(Action action)
    {
        action();
        return Enumerable.Range(0, 7).Min(_ => Machine.Time(action));
    }
}
