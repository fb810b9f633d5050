using Microsoft.ML.Grpo;
using TorchSharp;
using static TorchSharp.torch;

namespace MakeTinyModel;

/// <summary>Supervised learning with the library's own network, from a teacher that errs.</summary>
internal static class WarmUp
{
    private const int BatchSize = 128;
    private const int MeasureEvery = 100;
    private const double LearningRate = 1e-3;

    private const int Hidden = 96;
    private const int Layers = 3;
    private const int Heads = 4;
    private const int Intermediate = 256;

    public static void Run(string output, int seed, int steps, Action<string> log)
    {
        var files = new ModelFiles(TinyModelFiles.Create(Hidden, Layers, Heads, Intermediate), output);
        var config = ModelFamilies.Read(ConfigJson.Parse("config.json", files.Get(ModelFiles.Config)));
        using var network = new CausalLM(config, Initial(config, seed));
        network.RequireGradients(true);
        using var optimizer = new PolicyOptimizer(network.Parameters, new() { MaxGradientNorm = 0 });
        var random = new RunRandom(seed);
        for (var step = 0; step <= steps; step++)
        {
            if (step % MeasureEvery == 0)
            {
                var (sampled, greedy, pass) = Measure(network, random);
                log($"step {step}: {sampled:P1} right sampled, {greedy:P1} greedy, {pass:P1} once in 8");
            }

            Step(network, optimizer, LearningRate * (1 - (step / (steps + 1.0))), random, step);
        }

        network.RequireGradients(false);
        ModelDirectory.Save(output, network, files, ScalarType.Float16);
        ProblemFile.Write(Path.Combine(output, "problems.train.tsv"), Problems.Training);
        ProblemFile.Write(Path.Combine(output, "problems.heldout.tsv"), Problems.HeldOut);
        log($"{network.ParameterCount} weights written to {output}");
    }

    private static void Step(CausalLM network, PolicyOptimizer optimizer, double learningRate, RunRandom random, int step)
    {
        using var scope = NewDisposeScope();
        TokenSequence Lesson(int place)
        {
            var problem = Problems.WarmUp[(int)(random.Uniform(DrawPurpose.DataOrder, step, place, 0, 0) * Problems.WarmUp.Count)];
            return new(Ids(problem.Prompt), [.. Ids(SloppyTeacher.Answer(problem, random, step, place)), TinyModelFiles.End]);
        }

        var (logProbs, _) = SequenceScorer.Score(network, [.. Enumerable.Range(0, BatchSize).Select(Lesson)], new PassSettings(1, int.MaxValue), new(), WorkPurpose.Loss);
        var loss = -logProbs.sum() / BatchSize;
        loss.backward();
        optimizer.Step(optimizer.ClipGradients(), learningRate);
    }

    private static (double Sampled, double Greedy, double Pass) Measure(CausalLM network, RunRandom random)
    {
        const int samples = 8;
        var engine = new InProcessEngine(network, new(), WorkPurpose.Evaluation, WorkPurpose.Evaluation);
        var sampling = new SamplingParameters { MaxTokens = 6, StopIds = new HashSet<int> { TinyModelFiles.End } };
        RolloutPrompt[] prompts = [.. Problems.HeldOut.Select((p, i) => new RolloutPrompt(i, Ids(p.Prompt)))];
        bool[][] Right(SamplingParameters how, int size) =>
        [
            .. engine.Sample(new(prompts, size, how, random, DrawPurpose.Evaluation, 0), default)
                .Select((group, i) => group.Completions.Select(c => c.Ids.SequenceEqual([.. Ids(Problems.HeldOut[i].Answer), TinyModelFiles.End])).ToArray()),
        ];
        var sampled = Right(sampling, samples);
        var greedy = Right(sampling with { Temperature = 0 }, 1);
        return (sampled.Average(g => g.Average(r => r ? 1.0 : 0)), greedy.Average(g => g[0] ? 1.0 : 0), sampled.Average(g => g.Any(r => r) ? 1.0 : 0));
    }

    private static int[] Ids(string text) => [.. text.Select(c => (int)c)];

    private static Dictionary<string, Tensor> Initial(ModelConfig config, int seed)
    {
        using var generator = new Generator((ulong)seed, CPU);
        return ModelWeights.Shapes(config).ToDictionary(
            shape => shape.Key,
            shape => shape.Value.Length == 1 ? ones(shape.Value) : randn(shape.Value, generator: generator) * (shape.Key.Contains("embed", StringComparison.Ordinal) ? 0.05 : 1 / Math.Sqrt(shape.Value[1])));
    }
}
