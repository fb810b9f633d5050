namespace RealModel;

/// <summary>How a task is asked and judged where the command line does not say.</summary>
/// <param name="Rule">The rule that scores an answer.</param>
/// <param name="Answer">Where the answer stands in a completion.</param>
/// <param name="System">The system message; null: the chat template's own, if it has one.</param>
internal sealed record TaskDefaults(string Rule, string Answer, string? System)
{
    private const string NumberAlone = "Answer with the final number alone.";

    private static readonly Dictionary<string, TaskDefaults> ByTask = new(StringComparer.Ordinal)
    {
        ["basic_arithmetic"] = new(ScoringRules.LastNumber, AnswerForm.LastNumber.Name, NumberAlone), // as the reference ran it
        ["chain_sum"] = new("decimal", AnswerForm.LastNumber.Name, NumberAlone),
        ["count_bits"] = new("contains", AnswerForm.LastNumber.Name, NumberAlone),
        ["gcd"] = new("contains", AnswerForm.LastNumber.Name, NumberAlone),
        ["letter_counting"] = new("contains", AnswerForm.LastNumber.Name, NumberAlone),
        ["number_sorting"] = new("number-list", AnswerForm.Whole.Name, "Answer with the list alone."),
        ["palindrome_generation"] = new("palindrome", AnswerForm.Whole.Name, "Answer with the palindrome alone."),
        ["spell_backward"] = new("positions", AnswerForm.Whole.Name, "Answer with the word spelled backward alone."),
        ["word_sorting"] = new("word-list", AnswerForm.Whole.Name, "Answer with the sorted words alone."),
    };

    /// <summary>The defaults for a file with problems, by the part of its name before the first dot.</summary>
    public static TaskDefaults For(string path, string? rule)
    {
        if (ByTask.TryGetValue(Path.GetFileName(path).Split('.')[0], out var task))
        {
            return task;
        }

        var number = rule is ScoringRules.LastNumber or "decimal";
        return new(ScoringRules.Exact, number ? AnswerForm.LastNumber.Name : AnswerForm.Whole.Name, null);
    }
}
