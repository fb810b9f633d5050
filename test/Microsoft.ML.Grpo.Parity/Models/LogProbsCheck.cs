using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>Log-probs and entropies of completion tokens, at two temperatures.</summary>
internal static class LogProbsCheck
{
    public static void Run(CheckContext context)
    {
        using var scope = NewDisposeScope();
        foreach (var temperature in new[] { 1.0, 0.7 })
        {
            var (logProbs, entropies) = context.CompletionLogProbs(temperature);
            var ending = string.Create(CultureInfo.InvariantCulture, $"t{temperature:0.0}");
            context.Compare($"logps_{ending}", logProbs, context.Precision.Logits);
            context.Compare($"entropy_{ending}", entropies, context.Precision.Logits);
        }
    }
}
