using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>Logits of the padded batch with the adapter beside the weights, and log-probs at two temperatures.</summary>
internal static class AdaptedCheck
{
    public static void Run(CheckContext context)
    {
        using var scope = NewDisposeScope();
        Logits(context, "padded.logits", context.PaddedHidden());
        foreach (var way in context.Ways)
        {
            way.Compare("logps_t1.0", way.CompletionLogProbs(1).LogProbs, way.Precision.Logits);
            way.Compare("logps_t0.7", way.CompletionLogProbs(0.7).LogProbs, way.Precision.Logits);
        }
    }

    /// <summary>Compares logits where there are real tokens.</summary>
    public static void Logits(CheckContext context, string quantity, Tensor hidden)
    {
        var mask = context.Expected["attention_mask"].to(ScalarType.Bool);
        context.Compare(quantity, context.Model.Logits(hidden), context.Precision.Logits, x => x[mask]); // [B, T, V] to [real tokens, V]
    }
}
