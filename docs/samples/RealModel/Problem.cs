using Microsoft.ML.Data;

namespace RealModel;

/// <summary>A row of the data.</summary>
internal sealed class Problem
{
    public string Prompt { get; set; } = "";

    public string Answer { get; set; } = "";

    /// <summary>A JSON object; what some rules need beside the answer.</summary>
    public string Metadata { get; set; } = "{}";

    /// <summary>Where it stands in its file, for messages.</summary>
    [NoColumn]
    public int Line { get; set; }

    /// <summary>Whether it is measured with, and never trained on.</summary>
    public bool HeldOut { get; set; }
}
