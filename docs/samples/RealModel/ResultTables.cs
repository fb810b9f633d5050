using Spectre.Console;

namespace RealModel;

/// <summary>What a run found, for people.</summary>
internal static class ResultTables
{
    private const int Shown = 5;
    private const int Characters = 80;

    public static void Print(RunResult result, IReadOnlyList<Problem> heldOut)
    {
        Examples(result, heldOut);
        HeldOut(result);
        AnsiConsole.WriteLine(FormattableString.Invariant(
            $"{result.Steps.Count} steps in {result.TrainingSeconds:F0} s, {result.TrainingSeconds / result.Steps.Count:F1} s a step; {result.WallSeconds:F0} s in all. Rollout {result.RolloutTokensPerSecond:F0} tokens/s, update {result.UpdateTokensPerSecond:F0} tokens/s (prompts counted with each completion). Peak memory {result.PeakMemoryBytes / 1e9:F2} GB."));
        AnsiConsole.WriteLine(FormattableString.Invariant(
            $"The machine multiplies float32 matrices at {result.MatmulRate / 1e9:F0} GFLOP/s on {result.Threads} threads; a step takes as long as {result.MatmulOperationsPerStep / 1e12:F2} TFLOP of that."));
        if (result.Steps.All(step => step.LossTokens == 0))
        {
            AnsiConsole.MarkupLine("[yellow]Nothing was learned: in every step, all completions of each group had the same reward.[/]");
            return;
        }

        AnsiConsole.WriteLine(FormattableString.Invariant(
            $"As shares of that rate: the update {result.UpdateShareOfMatmulRate:F2}, counting 6 operations a weight for each token of all completions with their prompts, as if none were shared or skipped; {result.UpdateWorkShareOfMatmulRate:F2}, counting what was computed; sampling {result.RolloutWorkShareOfMatmulRate:F2}."));
    }

    private static void HeldOut(RunResult result)
    {
        var (before, after) = (result.Before, result.After);
        var table = new Table().AddColumns($"{before.Problems.Count} held-out problems", "before", "after", "difference, 95 % interval");
        table.AddRow($"correct, {before.Problems[0].Correct.Count} samples each", Share(before.Correct), Share(after.Correct), Difference(result.Correct));
        table.AddRow("correct, greedy", Share(before.GreedyCorrect), Share(after.GreedyCorrect), Difference(result.GreedyCorrect));
        table.AddRow("correct at least once", Share(before.CorrectOnce), Share(after.CorrectOnce), "");
        table.AddRow("mean score of the rule, sampled", Number(before.Score), Number(after.Score), "");
        if (before.Format is { } format)
        {
            table.AddRow("in the form asked for, right or wrong", Share(format), Share(after.Format!.Value), "");
        }

        table.AddRow("mean length, tokens", Number(before.MeanLength), Number(after.MeanLength), "");
        table.AddRow("cut at the most tokens", Share(before.ShareCut), Share(after.ShareCut), "");
        AnsiConsole.Write(table);
    }

    private static void Examples(RunResult result, IReadOnlyList<Problem> heldOut)
    {
        var table = new Table().AddColumns("problem", "answer", "greedy before", "greedy after");
        for (var i = 0; i < Math.Min(Shown, heldOut.Count); i++)
        {
            table.AddRow(Cell(heldOut[i].Prompt), Cell(heldOut[i].Answer), Cell(result.Before.Problems[i].GreedyCompletion), Cell(result.After.Problems[i].GreedyCompletion));
        }

        AnsiConsole.Write(table);
    }

    private static string Share(double share) => FormattableString.Invariant($"{100 * share:F1} %");

    private static string Number(double number) => FormattableString.Invariant($"{number:F2}");

    private static string Difference(PairedInterval? interval) =>
        interval is null ? "" : FormattableString.Invariant($"{100 * interval.Mean:+0.0;-0.0;0.0} points, {100 * interval.Low:F1} to {100 * interval.High:F1}");

    // What a model says may be long, and may hold what a terminal takes for a command.
    private static string Cell(string text) =>
        Markup.Escape(string.Concat(text.Take(Characters).Select(c => char.IsControl(c) ? ' ' : c)) + (text.Length > Characters ? " ..." : ""));
}
