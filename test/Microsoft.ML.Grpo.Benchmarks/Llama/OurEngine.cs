using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Benchmarks;

/// <summary>This library's sampling in process. Its time holds all of a step: the choice of the token and its log-prob too.</summary>
internal sealed class OurEngine : IDecodeEngine
{
    private readonly TimedLM _model;

    /// <param name="path">A GGUF file.</param>
    /// <param name="threads">Threads to compute with.</param>
    public OurEngine(string path, int threads)
    {
        TorchRuntime.Initialize();
        TorchRuntime.SetThreads(threads);
        using var gguf = GgufFile.Open(path);
        var config = ModelFamilies.Read(path, StoredDtype.ToBytes(GgufConfig.Config(gguf)));
        using var weights = new GgufWeights(gguf, config);
        _model = new(config, WeightLoader.Load(weights, config, ScalarType.Float32, CPU));
    }

    public DecodeResult Run(DecodeRequest request)
    {
        double rate = Machine.MatmulRate();
        var engine = new InProcessEngine(_model, new(), WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode);
        var sampling = new SamplingParameters { Temperature = 0, MaxTokens = request.Steps + 2, StopIds = new HashSet<int>() };
        _model.Steps.Clear();
        var groups = engine.Sample(
            new([.. request.Prompts.Select((ids, place) => new RolloutPrompt(place, ids))], request.Group, sampling, new(1), DrawPurpose.Check, 0), default);
        double seconds = Stopwatch.GetElapsedTime(_model.Steps[1]).TotalSeconds;
        var completions = groups.SelectMany(group => group.Completions).ToList();
        return new(seconds, [.. completions.Select(c => c.Ids.ToArray())], [.. completions.Select(c => c.LogProbs!.ToArray())], rate);
    }

    public void Dispose() => _model.Dispose();
}
