using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Benchmarks;

/// <summary>
/// One update of the weights on made-up completions of one prompt, without sampling: with the skip and with a scoring pass,
/// with the prompt once and repeated, and as a share of the machine's matrix products. Taken in turn, in one process.
/// </summary>
internal static class UpdateBenchmark
{
    private static readonly string[] Header =
        ["model", "prompt, completion", "precompute / inline", "spread", "repeated / shared", "spread", "loss tokens repeated, shared", "share of matmul rate", "spread", "as if repeated", "seconds"];

    /// <param name="models">Shapes by name: 135m, tiny.</param>
    /// <param name="shapes">Tokens of prompt and completion: "256,128".</param>
    /// <param name="group">Completions of the prompt.</param>
    /// <param name="layers">Layers of the large model; fewer for a quick look.</param>
    /// <param name="repeats">Measurements of each.</param>
    /// <param name="output">Where the table goes.</param>
    /// <returns>0.</returns>
    public static async Task<int> RunAsync(string[] models, string[] shapes, int group, int layers, int repeats, TextWriter output)
    {
        TorchRuntime.Initialize();
        var table = new MarkdownTable(output);
        await table.HeadAsync(Header).ConfigureAwait(false);
        foreach (string name in models)
        {
            using var model = RandomWeights.Create(name == "tiny" ? RandomWeights.ShapeTiny : RandomWeights.Shape135M with { Layers = layers });
            model.RequireGradients(true);
            using var optimizer = new PolicyOptimizer(model.Trained, new());
            foreach (string shape in shapes)
            {
                int[] lengths = [.. shape.Split(',').Select(s => int.Parse(s, CultureInfo.InvariantCulture))];
                await table.RowAsync([name, shape, .. Measure(model, optimizer, lengths[0], lengths[1], group, repeats)]).ConfigureAwait(false);
            }
        }

        return 0;
    }

    private static IEnumerable<string> Measure(CausalLM model, PolicyOptimizer optimizer, int prompt, int completion, int group, int repeats)
    {
        var scored = Completions(model.Config, prompt, completion, group);
        double Update(CorrectionRoute? route, PromptSharing sharing, out long tokens)
        {
            var correction = new CorrectionSettings(route is null ? CorrectionMode.Off : CorrectionMode.TokenTruncate, null, 2);
            var plan = ForwardPlan.For(new(new(1, 1, 1), correction.IsOn, false) { Route = route ?? CorrectionRoute.Auto });
            var work = new WorkCounters();
            var stage = new LossStage(model, null, new() { Correction = correction }, plan, new(1, 1 << 20) { Sharing = sharing }, 1, work);
            double seconds = Machine.Time(() =>
            {
                using var scope = NewDisposeScope();
                using var batch = new TrainingBatch(scored, 0, [.. Enumerable.Range(0, group)], false, model.Dtype, model.Device);
                stage.Precompute(batch, () => { });
                stage.Accumulate(batch, [.. Enumerable.Range(0, group)], 0, new(group, batch.LossTokens, 1, 1) { SliceTokens = batch.LossTokens }, 1, () => { });
                optimizer.Step(optimizer.ClipGradients(), learningRate: 1e-9);
            });
            tokens = work.Tokens(WorkPurpose.Loss);
            return seconds;
        }

        Update(CorrectionRoute.Precompute, PromptSharing.Auto, out _);
        Update(null, PromptSharing.Never, out _);
        var (skip, shared, share, seconds) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        var (whole, once) = (0L, 0L);
        for (int i = 0; i < repeats; i++)
        {
            double rate = Machine.MatmulRate();
            bool swap = i % 2 == 1;
            double Inline() => Update(CorrectionRoute.Inline, PromptSharing.Auto, out _);
            double Precompute() => Update(CorrectionRoute.Precompute, PromptSharing.Auto, out _);
            double Gated() => Update(null, PromptSharing.Auto, out once);
            double Repeated() => Update(null, PromptSharing.Never, out whole);
            var (inline, precompute) = InTurn(swap, Inline, Precompute);
            var (gated, repeated) = InTurn(swap, Gated, Repeated);
            rate = Math.Max(rate, Machine.MatmulRate());
            skip.Add(precompute / inline);
            shared.Add(repeated / gated);
            share.Add(6.0 * model.ParameterCount * once / gated / rate);
            seconds.Add(gated);
        }

        return
        [
            .. Machine.Spread(skip), .. Machine.Spread(shared), $"{Machine.Count(whole)}, {Machine.Count(once)}",
            .. Machine.Spread(share), Machine.Ratio(Machine.Median(share) * whole / once), Machine.Median(seconds).ToString("F2", CultureInfo.InvariantCulture),
        ];
    }

    /// <summary>Two figures, the second taken first every other time: what comes second may gain or lose by it.</summary>
    private static (double First, double Second) InTurn(bool swap, Func<double> first, Func<double> second)
    {
        if (swap)
        {
            double before = second();
            return (first(), before);
        }

        return (first(), second());
    }

    /// <summary>Completions of one prompt, random ids, half of them right.</summary>
    public static ScoredRollout Completions(ModelConfig model, int prompt, int completion, int group)
    {
        var random = new Random(1);
        int[] Ids(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(model.VocabularySize))];
        var prepared = new PreparedPrompt(new(0, "", new Dictionary<string, object?>()), Ids(prompt));
        RolloutRow[] rows =
        [
            .. Enumerable.Range(0, group).Select(g =>
            {
                int[] ids = Ids(completion);
                return new RolloutRow(
                    prepared, new(ids, [.. ids.Select(_ => -Math.Log(model.VocabularySize))], FinishReason.Stop), new("", "", ids, FinishReason.Stop, 0, g, prepared.Row.Columns));
            }),
        ];
        var rewards = new RewardTable(new double?[group, 1], ["even"], [1]);
        for (int g = 0; g < group; g++)
        {
            rewards.Scores[g, 0] = g % 2;
        }

        return new(rows, group, rewards, Advantages.Compute(rewards.Scores, rewards.Weights, group, ScaleRewards.Group));
    }
}
