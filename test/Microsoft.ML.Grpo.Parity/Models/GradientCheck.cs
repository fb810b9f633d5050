using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>The gradient of the summed log-probs for every tensor that training changes: all in the model's file, or all in the adapter's.</summary>
internal static class GradientCheck
{
    public const string Prefix = "grad.";

    public static void Run(CheckContext context)
    {
        using var scope = NewDisposeScope();
        context.Model.RequireGradients(true);
        foreach (var parameter in context.Model.Trained.Values)
        {
            parameter.grad?.zero_();
        }

        var sum = context.CompletionLogProbs(temperature: 1).LogProbs.sum();

        // A sum of B·C log-probs may be off by as many times what one of them may.
        var terms = context.Expected["completion_mask"].sum().item<long>();
        var bound = context.Precision.Type == ScalarType.Float64 ? context.Precision.Logits : new Bound(context.Precision.Logits.Absolute * terms);
        context.Report.Compare($"{context.Name} sum_logps_f64", sum.reshape(1), context.Expected["sum_logps_f64"], bound);
        sum.backward();

        var names = context.Expected.Keys.Where(key => key.StartsWith(Prefix, StringComparison.Ordinal)).Select(key => key[Prefix.Length..]).ToHashSet(StringComparer.Ordinal);
        foreach (var absent in context.Model.Trained.Keys.Where(name => !names.Contains(name)))
        {
            context.Report.Fail($"{context.Name} {Prefix}{absent}", "is not in the reference data");
        }

        foreach (var name in names.Order(StringComparer.Ordinal))
        {
            Compare(context, name);
        }
    }

    private static void Compare(CheckContext context, string name)
    {
        using var scope = NewDisposeScope();
        var line = $"{context.Name} {Prefix}{name}";
        if (!context.Model.Trained.TryGetValue(name, out var parameter))
        {
            context.Report.Fail(line, "is a tensor that our model does not have");
        }
        else if (parameter.grad is not { } gradient)
        {
            context.Report.Fail(line, "no gradient reached it");
        }
        else
        {
            context.Report.Compare(line, gradient, context.Expected[Prefix + name], context.Precision.Gradient(context.Expected.StoredType(Prefix + name)));
        }
    }
}
