namespace Microsoft.ML.Grpo.Parity;

/// <summary>Compares a replayed run with its recording, number by number; one line a kind of number.</summary>
internal sealed class RunComparison(string name, RecordedRun run, Replay replay, Report report)
{
    /// <summary>Entries of the log that are not the run's: its own scheduler's next value, shares of a data set that is not recorded, times.</summary>
    private static readonly HashSet<string> NotCompared = new(StringComparer.Ordinal) { "step", "epoch", "learning_rate", "step_time", "total_flos" };

    /// <summary>Writes all lines.</summary>
    public void Write()
    {
        Losses();
        GradientNorms();
        LearningRates();
        Weights();
        SampleWeights();
        Metrics();
        ParameterGroups();
        report.Check($"{name} recording", replay.HandedOut is null, replay.HandedOut ?? "all of it was replayed");
    }

    private void Losses() => Line("micro_losses", quantity =>
    {
        foreach (var (recorded, step) in run.Updates.Zip(replay.Steps.Skip(1)))
        {
            if (recorded.MicroLosses!.Count != step.SliceLosses.Count)
            {
                quantity.Wrong(recorded.Step, $"{step.SliceLosses.Count} slices, the reference has {recorded.MicroLosses.Count}");
            }

            foreach (var (theirs, i) in recorded.MicroLosses.Zip(Enumerable.Range(0, step.SliceLosses.Count)))
            {
                quantity.Compare(recorded.Step, $"slice {i}", step.SliceLosses[i], theirs.Loss);
            }
        }
    });

    private void GradientNorms() => Line("gradient_norm_after_clip", quantity =>
    {
        foreach (var (recorded, step) in run.Updates.Zip(replay.Steps.Skip(1)))
        {
            quantity.Compare(recorded.Step, "norm", step.ClippedGradientNorm, recorded.GradientNormAfterClip);
        }
    });

    private void LearningRates() => Line("lr_used", quantity =>
    {
        foreach (var (recorded, metrics) in run.Updates.Zip(replay.Metrics))
        {
            foreach (var rate in recorded.LrUsed!)
            {
                quantity.Compare(recorded.Step, "rate", metrics["learning_rate"], rate);
            }
        }
    });

    private void Weights()
    {
        Line("weights norm", quantity => EachParameter(quantity, 0, sums => sums.Norm));
        Line("weights sum", quantity => EachParameter(quantity, 1, sums => sums.Sum));
    }

    private void EachParameter(Quantity quantity, int place, Func<WeightSums, double> select)
    {
        if (run.Steps.Count != replay.Steps.Count)
        {
            quantity.Wrong(Math.Min(run.Steps.Count, replay.Steps.Count), $"our run has {replay.Steps.Count - 1} steps, the reference's {run.Steps.Count - 1}");
        }

        foreach (var (recorded, step) in run.Steps.Zip(replay.Steps))
        {
            SameNames(quantity, recorded.Step, step.Weights.Keys, recorded.Weights.Keys);
            foreach (var (parameter, theirs) in recorded.Weights)
            {
                if (step.Weights.TryGetValue(parameter, out var ours))
                {
                    quantity.Compare(recorded.Step, parameter, select(ours), theirs[place]);
                }
            }
        }
    }

    private void SampleWeights() => Line("sample_weights", quantity =>
    {
        var last = run.Steps[^1].Step;
        SameNames(quantity, last, replay.FirstWeights.Keys, run.SampleWeights.Keys);
        foreach (var (parameter, theirs) in run.SampleWeights)
        {
            if (replay.FirstWeights.TryGetValue(parameter, out var ours) && ours.Count == theirs.Count)
            {
                foreach (var (value, i) in theirs.Select((value, i) => (value, i)))
                {
                    quantity.Compare(last, $"{parameter}[{i}]", ours[i], value);
                }
            }
            else
            {
                quantity.Wrong(last, $"{parameter} has another number of weights");
            }
        }
    });

    /// <summary>A line for all metrics whose names begin alike, up to the first slash.</summary>
    private void Metrics()
    {
        var quantities = new SortedDictionary<string, Quantity>(StringComparer.Ordinal);
        foreach (var log in run.Logs)
        {
            var step = (int)log["step"]!.Value;
            foreach (var (key, theirs) in log.Where(entry => !NotCompared.Contains(entry.Key) && !IsTiming(entry.Key)))
            {
                var kind = key.Split('/')[0];
                if (!quantities.TryGetValue(kind, out var quantity))
                {
                    quantities[kind] = quantity = new($"{name} {kind}", RunBounds.Of(run, kind.StartsWith("eval_", StringComparison.Ordinal) ? kind["eval_".Length..] : kind));
                }

                var metrics = step == 0 ? replay.InitialMetrics : replay.Metrics.ElementAtOrDefault(step - 1);
                if (metrics is not null && metrics.TryGetValue(key, out var ours))
                {
                    quantity.Compare(step, key, ours, theirs);
                }
                else
                {
                    quantity.Wrong(step, $"{key} is not among our metrics");
                }
            }
        }

        foreach (var quantity in quantities.Values)
        {
            quantity.WriteTo(report);
        }
    }

    private void ParameterGroups() => Line("parameter_groups", quantity =>
    {
        SameNames(quantity, 0, replay.WeightDecays.Keys, run.ParameterGroups.SelectMany(group => group.Parameters));
        foreach (var group in run.ParameterGroups)
        {
            foreach (var parameter in group.Parameters.Where(replay.WeightDecays.ContainsKey))
            {
                quantity.Compare(0, $"weight decay of {parameter}", replay.WeightDecays[parameter], group.WeightDecay);
            }
        }

        // Where nothing decays, the numbers do not tell what would.
        var decaying = replay.WeightDecays.Keys.Where(PolicyOptimizer.Decays).ToHashSet(StringComparer.Ordinal);
        if (!run.ParameterGroups.Any(group => decaying.SetEquals(group.Parameters)))
        {
            quantity.Wrong(0, "no group holds just the parameters that decay in ours");
        }
    });

    private void Line(string kind, Action<Quantity> compare)
    {
        var quantity = new Quantity($"{name} {kind}", RunBounds.Of(run));
        compare(quantity);
        quantity.WriteTo(report);
    }

    private static void SameNames(Quantity quantity, int step, IEnumerable<string> ours, IEnumerable<string> theirs)
    {
        var (mine, other) = (ours.ToHashSet(StringComparer.Ordinal), theirs.ToHashSet(StringComparer.Ordinal));
        foreach (var extra in mine.Except(other).Order(StringComparer.Ordinal))
        {
            quantity.Wrong(step, $"{extra} is not trained by the reference");
        }

        foreach (var missing in other.Except(mine).Order(StringComparer.Ordinal))
        {
            quantity.Wrong(step, $"{missing} is not trained by ours");
        }
    }

    private static bool IsTiming(string key) => key.EndsWith("_runtime", StringComparison.Ordinal) || key.EndsWith("_per_second", StringComparison.Ordinal);
}
