using Microsoft.ML.Data;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Transformers over the stand-in policy, and what tests ask of them.</summary>
internal static class TransformerFixture
{
    internal static readonly GrpoColumns AllColumns = new("Prompt", "Completion", "LogProb", "Reason");

    internal static GrpoTransformer Transformer(MLContext ml, TextGenerator generator, GrpoColumns? columns = null) =>
        new(MLNetInternals.EnvironmentOf(ml.Transforms), generator, columns ?? AllColumns);

    internal static List<string> Texts(this IDataView view, string column = "Completion") =>
        [.. view.GetColumn<string>(column)];
}
