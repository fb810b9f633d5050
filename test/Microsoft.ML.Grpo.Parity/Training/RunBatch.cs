using System.Text.Json;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>The reference's batch arithmetic, checked against what the file says that it came to.</summary>
/// <param name="GroupSize">Completions of a prompt.</param>
/// <param name="Rows">Completions of a rollout.</param>
/// <param name="Slices">Slices of a rollout.</param>
/// <param name="Accumulation">Slices of an update.</param>
/// <param name="EvaluationGroupSize">Completions of a prompt in an evaluation.</param>
internal sealed record RunBatch(int GroupSize, int Rows, int Slices, int Accumulation, int EvaluationGroupSize)
{
    /// <exception cref="InvalidDataException">The recording contradicts its options.</exception>
    public static RunBatch Of(RecordedRun run, TrlOptions trl)
    {
        var (device, accumulation, group) = (trl.Integer("per_device_train_batch_size"), trl.Integer("gradient_accumulation_steps"), trl.Integer("num_generations"));
        var slices = trl.OptionalInteger("steps_per_generation") ?? trl.OptionalInteger("generation_batch_size") / device ?? accumulation;
        var batch = new RunBatch(group, device * slices, slices, accumulation, trl.OptionalInteger("num_generations_eval") ?? group);
        if (batch.Rows % group != 0 || trl.OptionalInteger("generation_batch_size") is { } said && said != batch.Rows)
        {
            throw new InvalidDataException($"a rollout of {slices} slices of {device} rows is not whole groups of {group}, or not what generation_batch_size says");
        }

        if (trl.Integer("max_steps") is > 0 and var steps && steps != run.Updates.Count())
        {
            throw new InvalidDataException($"it has {run.Updates.Count()} steps, but max_steps is {steps}");
        }

        Check(run.TrainingBatches, group, batch.Rows);
        Check(run.EvaluationBatches, batch.EvaluationGroupSize, null);
        CheckEffective(run, trl, batch);
        return batch;
    }

    private static void Check(IEnumerable<RecordedBatch> batches, int group, int? rows)
    {
        foreach (var batch in batches)
        {
            var whole = batch.Rows % group == 0 && (rows is null || batch.Rows == rows)
                && batch.PromptIds.Chunk(group).All(one => one.All(ids => ids.SequenceEqual(one[0])));
            if (!whole)
            {
                throw new InvalidDataException($"a generation batch is not {(rows is null ? "" : $"{rows} rows, ")}{group} in a row of each prompt");
            }
        }
    }

    private static void CheckEffective(RecordedRun run, TrlOptions trl, RunBatch batch)
    {
        foreach (var (name, value) in run.Effective)
        {
            IReadOnlyList<double> ours = name switch
            {
                "steps_per_generation" => [batch.Slices],
                "generation_batch_size" => [batch.Rows],
                "adam" => [trl.Number("adam_beta1"), trl.Number("adam_beta2"), trl.Number("adam_epsilon")],
                "weight_decay" or "beta" or "epsilon" => [trl.Number(name)],
                _ => throw new NotSupportedException($"effective option {name} is not known here"),
            };
            IEnumerable<double> theirs = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Select(item => item.GetDouble()) : [value.GetDouble()];
            if (!ours.SequenceEqual(theirs))
            {
                throw new InvalidDataException($"effective option {name} is {value.GetRawText()}, but the options come to {string.Join(", ", ours)}");
            }
        }
    }
}
