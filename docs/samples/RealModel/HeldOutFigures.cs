namespace RealModel;

/// <summary>What an evaluation of the held-out problems found.</summary>
internal sealed record HeldOutFigures
{
    /// <summary>Share of the sampled completions that are correct.</summary>
    public required double Correct { get; init; }

    /// <summary>Share of the problems whose greedy completion is correct.</summary>
    public required double GreedyCorrect { get; init; }

    /// <summary>Share of the problems that at least one sampled completion solves.</summary>
    public required double CorrectOnce { get; init; }

    /// <summary>Mean score of the rule, partial credit included.</summary>
    public required double Score { get; init; }

    public required double GreedyScore { get; init; }

    /// <summary>Share of the sampled completions that are nothing but an answer in the form asked for; null: any text is.</summary>
    public required double? Format { get; init; }

    /// <summary>Tokens of a sampled completion.</summary>
    public required double MeanLength { get; init; }

    /// <summary>Share of the sampled completions that were cut at the most tokens.</summary>
    public required double ShareCut { get; init; }

    /// <summary>In the order of the file.</summary>
    public required IReadOnlyList<ProblemFigures> Problems { get; init; }
}

/// <summary>One held-out problem.</summary>
/// <param name="Correct">0 or 1 for each sampled completion.</param>
/// <param name="Greedy">0 or 1 for the greedy one.</param>
/// <param name="GreedyCompletion">Its text.</param>
internal sealed record ProblemFigures(IReadOnlyList<int> Correct, int Greedy, string GreedyCompletion);
