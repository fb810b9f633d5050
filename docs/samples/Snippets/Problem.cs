using Microsoft.ML.Data;

namespace Snippets;

internal sealed class Problem
{
    [LoadColumn(0)]
    public string Prompt { get; set; } = "";

    [LoadColumn(1)]
    public string Answer { get; set; } = "";
}

#region StartSolution
internal sealed class Solution
{
    public string Completion { get; set; } = "";
}
#endregion
