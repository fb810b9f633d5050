using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>
/// All quantities of one case: what comes before the loss once, and the loss by each route that the case allows. Precomputed: old log-probs
/// and IS ratio are handed in, as after a scoring pass. Inline: neither is, and the loss makes both from the current log-probs.
/// </summary>
internal static class ObjectiveCheck
{
    public static void Run(ObjectiveCase one, InputSet set, Report report)
    {
        using var scope = NewDisposeScope();
        var settings = one.Options.Objective(one.IsCorrected);
        var batch = CaseBatch.Of(one, set);
        report.Compare($"{one.Name} advantages", batch.Advantages.squeeze(1), tensor(one.Advantages), GoldenBounds.Exact);
        report.Compare($"{one.Name} loss_mask", batch.Mask, Whole(one.LossMask), default);
        report.Compare($"{one.Name} num_items_in_batch", batch.LossTokens, one.LossTokens, default);
        string[] passes = [.. one.OldGiven ? ["old"] : Array.Empty<string>(), .. settings.Beta != 0 ? ["ref"] : Array.Empty<string>(), "loss"];
        report.Check($"{one.Name} passes", one.Passes.SequenceEqual(passes), string.Join(", ", passes));

        var correction = settings.Correction.IsOn && batch.Sampler is { } sampler ? CorrectionRatio.Compute(batch.Old, sampler, batch.Mask, settings.Correction) : null;
        CompareRatio($"{one.Name} importance_sampling_ratio", correction, one, report);

        var rest = new Dictionary<string, double>(one.Metrics);
        foreach (var (name, value) in CaseMetrics.OfRollout(one, set, batch, correction, settings.Correction).Where(metric => rest.Remove(metric.Key)))
        {
            report.Compare($"{one.Name} {name}", value, one.Metrics[name], GoldenBounds.Of(name));
        }

        string[] routes = batch.IsAligned ? ["precomputed", "inline"] : ["precomputed"];
        foreach (var route in routes)
        {
            Route(one, batch, settings, $"{one.Name} {route}", batch.Inputs(route == "precomputed", correction, settings.EntropyBonus), rest, report);
        }
    }

    private static void Route(ObjectiveCase one, CaseBatch batch, ObjectiveSettings settings, string name, LossInputs inputs, Dictionary<string, double> expected, Report report)
    {
        using var scope = NewDisposeScope();
        var controller = one.Options.EntropyController();
        controller.State = one.EntropyBefore ?? controller.State with { LastEntropy = double.PositiveInfinity };
        var result = PolicyObjective.Compute(inputs, settings, new(one.Advantages.Length, batch.LossTokens, one.Accumulation, one.Slices)
        {
            SliceTokens = batch.LossTokens,
            MaxCompletionTokens = one.Options.MaxCompletionLength,
            EntropyCoefficient = controller.Applied,
        });
        result.Loss.backward();
        report.Compare($"{name} loss", result.Loss.item<double>(), one.Loss, GoldenBounds.Exact);
        report.Compare($"{name} grad_lp", inputs.Lp.grad!, Whole(one.LpGradient), GoldenBounds.Exact);
        CompareEntropyGradient(name, inputs.Entropy!, one, report);
        CompareRatio($"{name} importance_sampling_ratio", result.Correction, one, report);

        var actual = new Dictionary<string, double>(result.Statistics.ToMetrics());
        if (settings.EntropyBonus && one.Training)
        {
            var (sum, tokens) = result.Statistics.BonusEntropy;
            controller.Update(sum, tokens);
            actual["entropy_coef"] = controller.State.Coefficient;
        }

        foreach (var metric in actual.Keys.Union(expected.Keys).Where(metric => expected.ContainsKey(metric) || !CaseMetrics.IsOurs(metric)).Order(StringComparer.Ordinal))
        {
            if (!actual.TryGetValue(metric, out var value) || !expected.TryGetValue(metric, out var wanted))
            {
                report.Fail($"{name} {metric}", actual.ContainsKey(metric) ? "is not in the reference data" : "is a metric that we do not have here");
                continue;
            }

            report.Compare($"{name} {metric}", value, wanted, GoldenBounds.Of(metric));
        }

        if (one.EntropyAfter is { } after)
        {
            report.Compare($"{name} entropy_state_after", tensor([controller.State.Coefficient, controller.State.LastEntropy]), tensor([after.Coefficient, after.LastEntropy]), GoldenBounds.Exact);
        }
    }

    private static void CompareRatio(string name, Tensor? actual, ObjectiveCase one, Report report)
    {
        if (actual is not null && one.Correction is { } expected)
        {
            report.Compare(name, actual, Whole(expected), GoldenBounds.Exact);
        }
        else if (actual is not null || one.Correction is not null)
        {
            report.Fail(name, actual is null ? "is not there" : "is not in the reference data");
        }
    }

    /// <summary>The reference's data has no gradient where the bonus is off or weighs nothing: then ours is none, or nothing but zeros.</summary>
    private static void CompareEntropyGradient(string name, Tensor entropy, ObjectiveCase one, Report report)
    {
        if (one.EntropyGradient is { } expected)
        {
            report.Compare($"{name} grad_entropy", entropy.grad ?? zeros_like(entropy), Whole(expected), GoldenBounds.Exact);
        }
        else
        {
            report.Check($"{name} grad_entropy", entropy.grad is null || entropy.grad.count_nonzero().item<long>() == 0, "none");
        }
    }

    private static Tensor Whole(double[][] rows) => GoldenJson.Padded(rows, double.NaN, rows.Max(row => row.Length));
}
