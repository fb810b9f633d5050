using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>Logits of each sequence alone and of the padded batch, and the last hidden states.</summary>
internal static class LogitsCheck
{
    public static void Run(CheckContext context)
    {
        using var scope = NewDisposeScope();
        Alone(context);
        Padded(context);
        Hidden(context);
    }

    private static void Alone(CheckContext context)
    {
        for (var i = 0; context.Expected.Has($"seq{i}.input_ids"); i++)
        {
            using var scope = NewDisposeScope();
            var hidden = context.Model.Hidden(context.Expected[$"seq{i}.input_ids"].unsqueeze(0));
            context.Compare($"seq{i}.logits", context.Model.Logits(hidden).squeeze(0), context.Precision.Logits);
        }
    }

    private static void Padded(CheckContext context)
    {
        var mask = context.Expected["attention_mask"].to(ScalarType.Bool);
        var hidden = context.PaddedHidden();
        var logits = context.Model.Logits(hidden); // [B, T, V]

        // Rope depends on differences of positions only, so the reference's two choices of positions agree on real tokens.
        context.Compare("padded.logits", logits, context.Precision.Logits, RealTokens);
        if (context.Expected.Has($"padded_pos.logits_{context.Precision.Name}"))
        {
            context.Compare("padded_pos.logits", logits, context.Precision.Logits, RealTokens);
        }

        var completions = context.Expected["completion_mask"].to(ScalarType.Bool);
        var predicting = context.Model.Logits(context.CompletionHidden(hidden)); // [B, C, V]
        context.Compare("padded_pos.completion_logits", predicting, context.Precision.Logits, x => x[completions]);

        Tensor RealTokens(Tensor x) => x[mask]; // [B, T, V] to [real tokens, V]
    }

    private static void Hidden(CheckContext context)
    {
        var ids = context.Expected["seq3.input_ids"].unsqueeze(0);
        var name = $"{context.Name} seq3.hidden";
        var embedded = context.Model.Parameters[ModelWeights.Embedding].index_select(0, ids.squeeze(0));
        context.Report.Compare($"{name}.0", embedded, context.Expected["seq3.hidden.0"], context.Precision.Logits);
        context.Report.Compare($"{name}.norm", context.Model.Hidden(ids).squeeze(0), context.Expected["seq3.hidden.norm"], context.Precision.Logits);
    }
}
