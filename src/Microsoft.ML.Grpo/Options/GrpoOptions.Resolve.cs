namespace Microsoft.ML.Grpo;

/// <content>What the run reads: a copy that nobody else holds, and values with the defaults filled in.</content>
public sealed partial class GrpoOptions
{
    /// <summary>The completions of one rollout.</summary>
    internal long RowsPerRollout => (long)PromptsPerRollout * GroupSize;

    /// <summary>Passes over the data; <see langword="null"/> when <see cref="Steps"/> counts.</summary>
    internal int? ResolvedEpochs => Steps is null ? Epochs ?? 1 : null;

    internal int ResolvedEvaluationSamples => Evaluation.Samples ?? GroupSize;

    internal int ResolvedGenerationTokens => Generation.MaxCompletionTokens ?? MaxCompletionTokens;

    /// <summary>The schedule in slices of a rollout, however it was said.</summary>
    internal Schedule ResolveSchedule() => AdvancedSchedule is { } advanced
        ? new(advanced.Accumulation, advanced.SlicesPerRollout, advanced.Iterations)
        : new(RolloutsPerStep ?? 1, StepsPerRollout ?? 1, IterationsPerRollout ?? 1);

    /// <summary>The schedule, or <see langword="null"/> while a count is out of range.</summary>
    internal Schedule? TryResolveSchedule() =>
        (AdvancedSchedule ?? new(RolloutsPerStep ?? 1, StepsPerRollout ?? 1, IterationsPerRollout ?? 1)) is { Accumulation: > 0, SlicesPerRollout: > 0, Iterations: > 0 }
            ? ResolveSchedule()
            : null;

    /// <summary>The correction, with the default of where completions are sampled.</summary>
    internal CorrectionSettings ResolveCorrection()
    {
        CorrectionMode mode = ImportanceSampling.Mode ?? (RolloutEngine is null ? CorrectionMode.Off : CorrectionMode.TokenTruncate);
        return mode == CorrectionMode.Off ? CorrectionSettings.Off : new(mode, ImportanceSampling.MinRatio, ImportanceSampling.MaxRatio);
    }

    internal int ResolvedMaxResampleRounds => MaxResampleRounds ?? 3;

    /// <summary>The dropout of the adapter that is trained; of one in a directory, whose files are not read yet, only what is set.</summary>
    internal double ResolvedDropout => Lora?.ResolvedDropout ?? InitialPolicy?.Adapter?.Settings.Dropout ?? 0;

    /// <summary>A copy that knows the dropout of the adapter that <see cref="LoraOptions.AdapterPath"/> named, now that it is read.</summary>
    internal GrpoOptions WithDropoutOf(AdapterFacts? adapter)
    {
        GrpoOptions copy = Snapshot();
        if (copy.Lora is { Dropout: null } lora)
        {
            lora.Dropout = adapter?.Settings.Dropout;
        }

        return copy;
    }

    /// <summary>A copy for a run of so many steps, which a run by epochs knows once its data is counted.</summary>
    /// <exception cref="GrpoOptionsException">An option asks for more steps than there are.</exception>
    internal GrpoOptions ForSteps(int steps)
    {
        GrpoOptions copy = Snapshot();
        (copy.Steps, copy.Epochs) = (steps, null);
        OptionRules.Check(copy);
        return copy;
    }

    /// <summary>A copy that shares no list and no group with this one.</summary>
    internal GrpoOptions Snapshot()
    {
        var copy = (GrpoOptions)MemberwiseClone();
        copy.Rewards = [.. Rewards];
        copy.Sampling = Sampling.Snapshot();
        copy.Loss = Loss.Snapshot();
        copy.ImportanceSampling = ImportanceSampling.Snapshot();
        copy.Reference = Reference.Snapshot();
        copy.Lora = Lora?.Snapshot();
        copy.Optimizer = Optimizer.Snapshot();
        copy.Evaluation = Evaluation.Snapshot();
        copy.Execution = Execution.Snapshot();
        copy.Generation = Generation.Snapshot();
        return copy;
    }
}
