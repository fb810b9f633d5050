using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>The most likely tokens after each prompt: from the sampling engine with its cache, and without a cache.</summary>
internal static class GreedyCheck
{
    public static void Run(CheckContext context)
    {
        using var scope = NewDisposeScope();
        var expected = context.Expected["generate.ids"]; // [B, n]
        Check(context, "generate.ids", Engine(context, expected), expected);
        Check(context, "generate.ids without cache", WithoutCache(context, expected.shape[1]), expected);
    }

    private static void Check(CheckContext context, string quantity, Tensor ids, Tensor expected)
    {
        using var scope = NewDisposeScope();
        if (!ids.shape.SequenceEqual(expected.shape))
        {
            context.Report.Compare($"{context.Name} {quantity}", ids, expected, default);
            return;
        }

        var right = ids.eq(expected).sum().item<long>();
        context.Report.Check($"{context.Name} {quantity}", right == expected.numel(), $"{right} of {expected.numel()} tokens equal");
    }

    private static Tensor Engine(CheckContext context, Tensor expected)
    {
        var (prompts, masks) = (context.Expected["prompt_ids"], context.Expected["prompt_mask"].to(ScalarType.Bool));
        var rows = Enumerable.Range(0, (int)prompts.shape[0])
            .Select(row => new RolloutPrompt(row, [.. prompts[row][masks[row]].data<long>().Select(id => (int)id)]))
            .ToList();
        var sampling = new SamplingParameters { Temperature = 0, MaxTokens = (int)expected.shape[1], StopIds = new HashSet<int>() };
        var engine = new InProcessEngine(context.Model, new WorkCounters(), WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode);
        var groups = engine.Sample(new(rows, 1, sampling, new RunRandom(0), DrawPurpose.Check, 0), CancellationToken.None);
        return stack(groups.Select(group => tensor([.. group.Completions[0].Ids.Select(id => (long)id)])));
    }

    /// <summary>Runs the whole left-padded batch again for each token.</summary>
    private static Tensor WithoutCache(CheckContext context, long count)
    {
        var (ids, mask) = (context.Expected["prompt_ids"], context.Expected["prompt_mask"]); // [B, P]
        for (var i = 0; i < count; i++)
        {
            var last = context.Model.Hidden(ids, mask).narrow(1, ids.shape[1] - 1, 1);
            var next = context.Model.Logits(last).argmax(-1); // [B, 1]
            (ids, mask) = (cat([ids, next], 1), cat([mask, ones_like(next)], 1));
        }

        return ids.narrow(1, ids.shape[1] - count, count);
    }
}
