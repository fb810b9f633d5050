namespace Microsoft.ML.Grpo.Parity;

/// <summary>The evaluations of a recorded run, all of which go over the same batches.</summary>
/// <param name="Steps">The steps after which the policy was evaluated.</param>
/// <param name="Batches">The prompts of an evaluation.</param>
/// <param name="Weights">What each batch weighs in the loss.</param>
internal sealed record RecordedEvaluations(IReadOnlySet<int> Steps, IReadOnlyList<IReadOnlyList<PreparedPrompt>> Batches, IReadOnlyList<double> Weights)
{
    /// <summary>Those of a run; null: there are none.</summary>
    /// <exception cref="InvalidDataException">The batches are not those of whole evaluations, or there are more in the log than batches.</exception>
    public static RecordedEvaluations? Of(RecordedRun run, int groupSize)
    {
        var steps = run.Logs.Where(log => log.ContainsKey("eval_loss")).Select(log => (int)log["step"]!.Value).ToHashSet();
        var all = run.EvaluationBatches.Select(batch => ReplayPrompts.Of(batch, groupSize)).ToArray();
        if (all.Length == 0 && steps.Count == 0)
        {
            return null;
        }

        if (steps.Count == 0 || all.Length == 0 || all.Length % steps.Count != 0)
        {
            throw new InvalidDataException($"it has {all.Length} evaluation batches, which are not {steps.Count} whole evaluations");
        }

        var batches = all[..(all.Length / steps.Count)];
        return new(steps, batches, WeightsOf(batches, new TrlOptions(run.Options).Integer("per_device_eval_batch_size")));
    }

    /// <summary>Every batch weighs its full size in rows, the last what is left of the number of prompts: so the reference's trainer gathers losses.</summary>
    private static double[] WeightsOf(IReadOnlyList<PreparedPrompt>[] batches, int size)
    {
        var left = batches.Sum(batch => batch.Count) % size;
        return [.. batches.Select((_, i) => i == batches.Length - 1 && left != 0 ? left : (double)size)];
    }
}
