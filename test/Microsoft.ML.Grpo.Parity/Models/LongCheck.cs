using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>One long sequence, where errors of the rotary tables would show.</summary>
internal static class LongCheck
{
    public static void Run(CheckContext context)
    {
        using var scope = NewDisposeScope();
        var ids = context.Expected["long.input_ids"]; // [n]
        var hidden = context.Model.Hidden(ids.unsqueeze(0)).squeeze(0); // [n, hidden]
        var next = ids.shape[0] - 1;
        context.Compare("long.last_logits", context.Model.Logits(hidden[next]), context.Precision.Long);
        var (logProbs, _) = TokenLogProbs.Compute(context.Model, hidden.narrow(0, 0, next), ids.narrow(0, 1, next), temperature: 1);
        context.Compare("long.logps", logProbs, context.Precision.Long);
    }
}
