namespace RealModel;

/// <summary>A row of the data.</summary>
internal sealed class Problem
{
    public string Prompt { get; set; } = "";

    public string Answer { get; set; } = "";

    /// <summary>A JSON object; what some rules need beside the answer.</summary>
    public string Metadata { get; set; } = "{}";

    /// <summary>Whether it is measured with, and never trained on.</summary>
    public bool HeldOut { get; set; }
}
