using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>Samples from the very weights that are trained: no copy, no synchronisation, no server.</summary>
/// <param name="model">The policy.</param>
/// <param name="work">Where passes are counted.</param>
/// <param name="prefill">What passes over prompts are counted as.</param>
/// <param name="decode">What passes over drawn tokens are counted as.</param>
/// <param name="maxCacheTokens">Most tokens whose keys and values are held at once; null: what free memory allows.</param>
internal sealed class InProcessEngine(CausalLM model, WorkCounters work, WorkPurpose prefill, WorkPurpose decode, long? maxCacheTokens = null) : IRolloutEngine
{
    /// <summary>Where passes are counted.</summary>
    public WorkCounters Work => work;

    /// <summary>Most tokens that a cache has had room for so far.</summary>
    public long PeakCacheTokens { get; private set; }

    public ValueTask<IReadOnlyList<PromptGroup>> SampleAsync(RolloutRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Sample(request, cancellationToken));

    /// <summary>Samples on the calling thread.</summary>
    /// <param name="request">What to sample.</param>
    /// <param name="cancellationToken">Stops between two tokens.</param>
    /// <param name="watch">Hears of every token, on the calling thread; null: nobody does.</param>
    /// <returns>A group a prompt, in the request's order.</returns>
    public IReadOnlyList<PromptGroup> Sample(RolloutRequest request, CancellationToken cancellationToken, TokenWatch? watch = null)
    {
        using var noGrad = no_grad();
        var groups = new Dictionary<RolloutPrompt, Completion[]>(ReferenceEqualityComparer.Instance);
        foreach (var prompt in request.Prompts)
        {
            groups.Add(prompt, new Completion[request.GroupSize]);
        }

        foreach (var parts in DecodingBatches.Split(request, model.Config, maxCacheTokens ?? CacheMemory.Tokens(model)))
        {
            using var batch = new DecodingBatch(model, request, parts, work, (prefill, decode), watch);
            var completions = batch.Run(cancellationToken);
            PeakCacheTokens = Math.Max(PeakCacheTokens, batch.PeakCacheTokens);
            var row = 0;
            foreach (var part in parts)
            {
                for (var g = 0; g < part.Count; g++, row++)
                {
                    groups[part.Prompt][part.First + g] = completions[row];
                }
            }
        }

        return [.. request.Prompts.Select(p => new PromptGroup(p, groups[p]))];
    }
}
