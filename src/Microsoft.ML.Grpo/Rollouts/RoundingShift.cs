using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>How far a policy's log-probs move when its weights are rounded, on text of its own. The rounded weights are a second model in memory meanwhile.</summary>
internal static class RoundingShift
{
    private const string Prompt = "Hello.";
    private const int Completions = 8, Tokens = 32;

    /// <summary>Of the model with its adapter merged: mean and largest distance, in nats; null if the model has no room for a completion.</summary>
    public static (double Mean, double Max)? OfModel(Policy policy, WeightType type) => Measure(policy, () => Rounded(policy.Network, type));

    /// <summary>The same with the adapter's matrices rounded alone.</summary>
    public static (double Mean, double Max)? OfAdapter(Policy policy, WeightType type) => Measure(policy, () =>
    {
        var copy = policy.Network.Copy(policy.Network.Dtype, policy.Network.Device);
        try
        {
            foreach (var (name, matrix) in copy.Adapter!.Parameters)
            {
                using var scope = NewDisposeScope();
                matrix.copy_(type.Round(name, matrix));
            }
        }
        catch
        {
            copy.Dispose();
            throw;
        }

        return copy;
    });

    private static CausalLM Rounded(CausalLM network, WeightType type)
    {
        using var scope = NewDisposeScope();
        var weights = MergedModel.Tensors(network).ToDictionary(
            p => p.Key, p => type.Round(p.Key, (network.MergedWeight(p.Key) ?? p.Value).to(network.Dtype)).clone());
        // Merged, an adapter on a tied head unties it, which is another shape than the network's own kind may have.
        var rounded = weights.Count > network.Parameters.Count ? new CausalLM(network.Config with { TiedHead = false }, weights) : network.WithWeights(weights);
        rounded.ComputeIn(network.ComputeType, frozen: false);
        return rounded;
    }

    private static (double Mean, double Max)? Measure(Policy policy, Func<CausalLM> round)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        int[] prompt = [.. policy.Prompts.Build(Prompt)];
        var room = Math.Min(Tokens, policy.Network.Config.MaxPositions - prompt.Length);
        if (room < 1)
        {
            return null;
        }

        var engine = new InProcessEngine(policy.Network, new(), WorkPurpose.Generation, WorkPurpose.Generation);
        var sampling = new SamplingParameters { Temperature = 1, MaxTokens = room, StopIds = policy.StopIds };
        var group = engine.Sample(new([new RolloutPrompt(0, prompt)], Completions, sampling, new RunRandom(0), DrawPurpose.Check, 0), CancellationToken.None)[0];
        using var rounded = round();
        TokenSequence[] rows = [.. group.Completions.Select(completion => new TokenSequence(prompt, completion.Ids))];
        var distance = (LogProbs(policy.Network) - LogProbs(rounded)).abs();
        return (distance.sum().item<double>() / rows.Sum(row => row.Completion.Count), distance.max().item<double>());

        Tensor LogProbs(CausalLM network) => SequenceScorer.Score(network, rows, new PassSettings(1, int.MaxValue), new(), WorkPurpose.Score).LogProbs.to(ScalarType.Float64);
    }
}
