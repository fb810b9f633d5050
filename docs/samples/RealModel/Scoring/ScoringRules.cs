namespace RealModel;

/// <summary>The rules by name.</summary>
internal static class ScoringRules
{
    public const string Exact = "exact";
    public const string LastNumber = "last-number";

    /// <summary>
    /// The six rules of reasoning-gym's tasks, with its scores to the bit, and three that are all or nothing.
    /// </summary>
    public static IReadOnlyDictionary<string, ScoringRule> All { get; } = new SortedDictionary<string, ScoringRule>(StringComparer.Ordinal)
    {
        ["contains"] = ContainsRule.Score,
        ["decimal"] = DecimalRule.Score,
        [Exact] = ExactRule.Score,
        [LastNumber] = LastNumberRule.Score,
        ["number-list"] = NumberListRule.Score,
        ["palindrome"] = PalindromeRule.Score,
        ["positions"] = PositionsRule.Score,
        ["text"] = TextRule.Score,
        ["word-list"] = WordListRule.Score,
    };
}
