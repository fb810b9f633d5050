using System.Text.Json;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>Whether the parts of a recorded run fit together, so that a replay never reads past one of them.</summary>
internal static class RecordedRunCheck
{
    /// <exception cref="InvalidDataException">They do not.</exception>
    public static void Run(RecordedRun run)
    {
        Demand(run.Processes == 1, $"it was made by {run.Processes} processes; only a run of one can be replayed");
        Demand(run.Dtype is "float64" or "float32", $"its dtype is {run.Dtype}; only float64 and float32 can be replayed");
        Demand(run.Steps.Count > 1, "it has no step");
        Demand(run.Passes.All(IsPass), "a pass is not [purpose, shape, tokens], the purpose being score, ref or loss");
        var training = run.TrainingBatches.ToList();
        Demand(training.Count == run.Orders.Count, $"it has {training.Count} training batches, but {run.Orders.Count} orders");
        Demand(training.Count > 0 && training[0].Rewards.Count > 0, "it has no training batch, or one without rewards");
        var functions = training[0].Rewards[0].Count;
        foreach (var (batch, i) in run.GenerationBatches.Select((batch, i) => (batch, i)))
        {
            Demand(IsWhole(batch, functions), $"the lists of generation batch {i} are not of like lengths");
        }

        foreach (var (order, batch) in run.Orders.Zip(training))
        {
            Demand(order.Order().SequenceEqual(Enumerable.Range(0, batch.Rows)), "an order is not a permutation of its batch's rows");
        }

        foreach (var (step, i) in run.Steps.Select((step, i) => (step, i)))
        {
            Demand(step.Step == i, $"entry {i} of the steps is step {step.Step}");
            Demand(i == 0 || IsUpdate(step), $"step {i} lacks its rates, its gradient norm or its micro-losses, or they disagree on the length of the window");
        }
    }

    private static bool IsWhole(RecordedBatch batch, int functions) =>
        batch.Rows > 0
        && batch.PromptIds.Count == batch.Rows
        && batch.Rewards.Count == batch.Rows && batch.Rewards.All(row => row.Count == functions)
        && batch.CompletionIds.Count == batch.Rows && batch.CompletionIds.All(ids => ids.Count > 0)
        && FitsCompletions(batch, batch.Logprobs) && FitsCompletions(batch, batch.EnvMask);

    private static bool FitsCompletions<T>(RecordedBatch batch, IReadOnlyList<IReadOnlyList<T>?>? rows) =>
        rows is null || (rows.Count == batch.Rows && rows.Zip(batch.CompletionIds).All(pair => pair.First is null || pair.First.Count == pair.Second.Count));

    private static bool IsUpdate(RecordedStep step) =>
        step is { LrUsed.Count: > 0, GradientNormAfterClip: not null, MicroLosses.Count: > 0 }
        && step.MicroLosses.All(loss => loss.Train && loss.Accumulation == step.MicroLosses.Count);

    private static bool IsPass(JsonElement pass) =>
        pass.ValueKind == JsonValueKind.Array && pass.GetArrayLength() == 3
        && pass[0].ValueKind == JsonValueKind.String && pass[0].GetString() is "score" or "ref" or "loss"
        && pass[2].ValueKind == JsonValueKind.Number;

    private static void Demand(bool met, string problem)
    {
        if (!met)
        {
            throw new InvalidDataException(problem);
        }
    }
}
