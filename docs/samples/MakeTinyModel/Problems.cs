namespace MakeTinyModel;

/// <summary>A sum of two two-digit numbers.</summary>
internal readonly record struct Problem(int A, int B)
{
    public string Prompt => $"{A}+{B}=";

    public string Answer => $"{A + B}";
}

/// <summary>All 8,100 sums of two two-digit numbers, shuffled once and for all and cut into three disjoint parts.</summary>
internal static class Problems
{
    private const int HeldOutCount = 600;
    private const int WarmUpCount = 4000;

    private static readonly Problem[] All = Shuffled();

    /// <summary>For measuring only.</summary>
    public static IReadOnlyList<Problem> HeldOut => All[..HeldOutCount];

    /// <summary>For the supervised warm-up.</summary>
    public static IReadOnlyList<Problem> WarmUp => All[HeldOutCount..(HeldOutCount + WarmUpCount)];

    /// <summary>For GRPO: never seen by the warm-up.</summary>
    public static IReadOnlyList<Problem> Training => All[(HeldOutCount + WarmUpCount)..];

    private static Problem[] Shuffled()
    {
        var problems = Enumerable.Range(10, 90).SelectMany(a => Enumerable.Range(10, 90).Select(b => new Problem(a, b))).ToArray();
        var state = 20260101u;
        for (var i = problems.Length - 1; i > 0; i--)
        {
            state = (state * 1664525u) + 1013904223u; // Knuth's constants: the same order on every version of .NET
            var j = (int)((ulong)state * (ulong)(i + 1) >> 32);
            (problems[i], problems[j]) = (problems[j], problems[i]);
        }

        return problems;
    }
}

/// <summary>Problems as a file that ML.NET's text loader reads.</summary>
internal static class ProblemFile
{
    public static void Write(string path, IEnumerable<Problem> problems) =>
        File.WriteAllText(path, "Prompt\tAnswer\n" + string.Concat(problems.Select(p => $"{p.Prompt}\t{p.Answer}\n")));
}
