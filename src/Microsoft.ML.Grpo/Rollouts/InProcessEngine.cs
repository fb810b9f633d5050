using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>Samples from the very weights that are trained: no copy, no synchronisation, no server.</summary>
internal sealed class InProcessEngine(CausalLM model, WorkCounters work, WorkPurpose prefill, WorkPurpose decode) : IRolloutEngine
{
    public ValueTask<IReadOnlyList<PromptGroup>> SampleAsync(RolloutRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Sample(request, cancellationToken));

    /// <summary>Samples on the calling thread.</summary>
    public IReadOnlyList<PromptGroup> Sample(RolloutRequest request, CancellationToken cancellationToken)
    {
        using var noGrad = no_grad();
        var groups = new Dictionary<RolloutPrompt, PromptGroup>(ReferenceEqualityComparer.Instance);
        foreach (var prompts in DecodingBatches.Split(request, model.Config, model.Dtype.ElementSize()))
        {
            using var batch = new DecodingBatch(model, request, prompts, work, (prefill, decode));
            foreach (var group in batch.Run(cancellationToken))
            {
                groups.Add(group.Prompt, group);
            }
        }

        return [.. request.Prompts.Select(p => groups[p])];
    }
}
