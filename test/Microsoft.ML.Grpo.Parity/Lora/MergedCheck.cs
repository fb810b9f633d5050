using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>Logits and weights with the adapter merged, and that unmerging gives back what was there before, to the bit.</summary>
internal static class MergedCheck
{
    public const string Prefix = "merged.";
    private const string LogitsKey = Prefix + "logits";

    // The reference's are rounded to float32, from a sum that may have rounded once before: two units in the last place.
    private static readonly Bound Weights = new(Relative: 2.4e-7, OfLargest: 1e-8);

    public static void Run(CheckContext context)
    {
        using var scope = NewDisposeScope();
        var before = context.PaddedHidden();
        context.Model.Merge();
        AdaptedCheck.Logits(context, LogitsKey, context.PaddedHidden());
        context.Model.Unmerge();
        var same = before.Equals(context.PaddedHidden());
        context.Report.Check($"{context.Name} unmerged", same, same ? "computes what it did before, to the bit" : "computes something else than before");

        foreach (var key in context.Expected.Keys.Where(key => key.StartsWith(Prefix, StringComparison.Ordinal) && !key.StartsWith(LogitsKey, StringComparison.Ordinal)))
        {
            using var inner = NewDisposeScope();
            if (context.Model.MergedWeight(key[Prefix.Length..]) is { } merged)
            {
                context.Report.Compare($"{context.Name} {key}", merged.to(ScalarType.Float32), context.Expected[key], Weights);
            }
            else
            {
                context.Report.Fail($"{context.Name} {key}", "is a weight that the adapter is not on");
            }
        }
    }
}
