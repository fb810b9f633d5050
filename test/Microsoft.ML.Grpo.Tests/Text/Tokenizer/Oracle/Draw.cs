namespace Microsoft.ML.Grpo.Tests;

/// <summary>Random choices, the same for the same seed.</summary>
internal sealed class Draw(int seed)
{
    private static readonly string[] Fragments =
    [
        "a", "b", "c", "ab", "e", "s", "K", "k", "A", "x", "1", "23", ".", "_", "-", "\u2581", " ", "  ", "\t", "\n", "\r\n", "'s", "'LL", "'\u017F",
        "\u00E9", "e\u0301", "\u0323\u0307", "\u00BD", "\u00B2", "\u2167", "\u24D0", "\uFB01", "\u212A", "\u65E5\u672C", "\uD55C", "\u1112\u1161\u11AB",
        "\U0001F600", "\U0001F1E9\U0001F1EA", "\U0001D518", "\U0001D7D9", "\u200D", "\u00A0", "\u3000", "\u0085", "\u0000", "\uFFFD", "\uFEFF",
        "<s>", "</s>", "<m>", "<", "mask",
    ];

    private readonly Random _random = new(seed);

    public int Below(int end) => _random.Next(end);

    public bool Chance(double probability) => _random.NextDouble() < probability;

    public T From<T>(params ReadOnlySpan<T> choices) => choices[_random.Next(choices.Length)];

    public string Text(int fragments) => string.Concat(Enumerable.Range(0, _random.Next(fragments)).Select(_ => From<string>(Fragments)));
}
