namespace Microsoft.ML.Grpo;

/// <summary>The numbers of an adapter.</summary>
/// <param name="Rank">Rows of A and columns of B; 1 or more.</param>
/// <param name="Alpha">Numerator of the scale; above 0.</param>
/// <param name="RankStabilized">Whether the root of the rank divides alpha, and not the rank.</param>
/// <param name="Dropout">Share of A's inputs that is dropped in training passes; 0 to below 1.</param>
internal sealed record LoraSettings(int Rank, double Alpha, bool RankStabilized = false, double Dropout = 0)
{
    /// <summary>What B A x is multiplied by.</summary>
    public double Scaling => Alpha / (RankStabilized ? Math.Sqrt(Rank) : Rank);
}
