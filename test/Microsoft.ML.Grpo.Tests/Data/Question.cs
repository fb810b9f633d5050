using Microsoft.ML.Data;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>A row of data, with columns of several types beside the prompt.</summary>
internal sealed class Question
{
    public string Prompt { get; set; } = "";

    public float Number { get; set; }

    [VectorType(2)]
    public float[] Vector { get; set; } = [0, 0];

    internal static IDataView View(MLContext ml, int rows) => ml.Data.LoadFromEnumerable(
        Enumerable.Range(0, rows).Select(i => new Question { Prompt = Text(i), Number = i, Vector = [i, -i] }).ToArray());

    internal static string Text(int row) => $"q{row}";
}

/// <summary>What the transformer adds.</summary>
internal sealed class Answer
{
    public string Completion { get; set; } = "";

    public float LogProb { get; set; }

    public string Reason { get; set; } = "";
}
