namespace Microsoft.ML.Grpo.Tests;

/// <summary>Samples in process, and says of every token that it was a little more or less likely than it was: a sampler that differs from the trainer.</summary>
internal sealed class NoisyEngine(Policy policy, double noise = 0.2, int? missingEvery = null, double shift = 0, long? onlyRollout = null) : IRolloutEngine
{
    private readonly InProcessEngine _engine = new(policy.Network, new(), WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode);

    public async ValueTask<IReadOnlyList<PromptGroup>> SampleAsync(RolloutRequest request, CancellationToken cancellationToken)
    {
        var groups = await _engine.SampleAsync(request, cancellationToken);
        return onlyRollout is { } only && only != request.Rollout ? groups : [.. groups.Select(group => new PromptGroup(group.Prompt, [.. group.Completions.Select((c, g) => c with { LogProbs = Shaken(request, group.Prompt.Place, g, c) })]))];
    }

    private double[] Shaken(RolloutRequest request, int place, int generation, Completion completion) =>
        [.. completion.LogProbs!.Select((logProb, t) => missingEvery is { } every && t % every == every - 1
            ? double.NaN
            : logProb + shift + (noise * ((2 * request.Random.Uniform(DrawPurpose.Check, request.Rollout, place, generation, t)) - 1)))];
}
