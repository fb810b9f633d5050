namespace Microsoft.ML.Grpo;

/// <summary>Samples completions: token ids in, token ids and their log-probs out.</summary>
internal interface IRolloutEngine
{
    /// <summary>Samples a group for each prompt.</summary>
    /// <param name="request">What to sample.</param>
    /// <param name="cancellationToken">Stops between two tokens.</param>
    /// <returns>A group a prompt, in the request's order.</returns>
    ValueTask<IReadOnlyList<PromptGroup>> SampleAsync(RolloutRequest request, CancellationToken cancellationToken);
}
