namespace Microsoft.ML.Grpo.Parity;

/// <summary>Samples nothing: hands out recorded batches in their order, ids as they are.</summary>
internal sealed class ReplayEngine(Recording recording, string what, IReadOnlyList<RecordedBatch> batches) : IRolloutEngine
{
    /// <summary>Batches handed out so far.</summary>
    public int HandedOut { get; private set; }

    /// <summary>What it hands out when all is well.</summary>
    public string Progress => $"{HandedOut} of {batches.Count} {what}";

    /// <summary>Whether every batch was handed out.</summary>
    public bool Exhausted => HandedOut == batches.Count;

    public ValueTask<IReadOnlyList<PromptGroup>> SampleAsync(RolloutRequest request, CancellationToken cancellationToken)
    {
        if (Exhausted)
        {
            throw new InvalidDataException($"all {batches.Count} {what} are replayed, and our run asks for more");
        }

        var batch = batches[HandedOut];
        var prompts = request.Prompts;
        if (prompts.Count * request.GroupSize != batch.Rows || !prompts.Select(p => p.Ids).Zip(batch.PromptIds.Where((_, row) => row % request.GroupSize == 0)).All(pair => pair.First.SequenceEqual(pair.Second)))
        {
            throw new InvalidDataException($"number {HandedOut} of the {what} holds other prompts, or another number of completions of them, than our run asks for");
        }

        HandedOut++;
        recording.Current = batch;
        return ValueTask.FromResult<IReadOnlyList<PromptGroup>>(
            [.. prompts.Select((prompt, i) => new PromptGroup(prompt, [.. Enumerable.Range(i * request.GroupSize, request.GroupSize).Select(row => Completion(batch, row))]))]);
    }

    private Completion Completion(RecordedBatch batch, int row)
    {
        var ids = batch.CompletionIds[row];
        IReadOnlyList<double>? logProbs = batch.Logprobs?[row]?.Select(value => value ?? double.NaN).ToArray();
        return new(ids, logProbs, recording.FinishReason(ids), batch.EnvMask?[row]?.Select(value => value != 0).ToArray());
    }
}
