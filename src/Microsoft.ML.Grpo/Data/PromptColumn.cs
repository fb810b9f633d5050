using Microsoft.ML.Data;

namespace Microsoft.ML.Grpo;

/// <summary>The one rule for the prompt column, checked by the estimator (shapes) and by the transformer (schemas).</summary>
internal static class PromptColumn
{
    /// <summary>The shape of an estimator's output: the input's columns and the added ones.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The prompt column is missing, or is not text.</exception>
    internal static SchemaShape AddTo(SchemaShape inputSchema, GrpoColumns columns)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        if (!inputSchema.Any(column => column.Name == columns.Prompt))
        {
            throw new ArgumentOutOfRangeException(nameof(inputSchema), Missing("data", columns.Prompt, inputSchema.Select(column => column.Name)));
        }

        var prompt = inputSchema.First(column => column.Name == columns.Prompt);
        if (prompt.Kind != SchemaShape.Column.VectorKind.Scalar || prompt.ItemType != TextDataViewType.Instance || prompt.IsKey)
        {
            var type = prompt.Kind == SchemaShape.Column.VectorKind.Scalar ? $"{prompt.ItemType}" : $"{prompt.Kind} of {prompt.ItemType}";
            throw new ArgumentOutOfRangeException(nameof(inputSchema), NotText("data", columns.Prompt, type));
        }

        // A later column hides an earlier one of its name.
        var added = AddedColumn.For(columns).Select(
            column => MLNetInternals.NewColumn(column.Name, SchemaShape.Column.VectorKind.Scalar, column.Type, isKey: false, annotations: null));
        var result = new Dictionary<string, SchemaShape.Column>(StringComparer.Ordinal);
        foreach (var column in inputSchema.Concat(added))
        {
            result[column.Name] = column;
        }

        return new SchemaShape(result.Values);
    }

    /// <summary>Finds the prompt column in a schema.</summary>
    /// <param name="inputSchema">The schema.</param>
    /// <param name="name">The column's name.</param>
    /// <param name="what">What the data is, for errors.</param>
    /// <exception cref="ArgumentOutOfRangeException">The prompt column is missing, or is not text.</exception>
    internal static DataViewSchema.Column Find(DataViewSchema inputSchema, string name, string what = "data")
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        if (inputSchema.GetColumnOrNull(name) is not { } column)
        {
            throw new ArgumentOutOfRangeException(nameof(inputSchema), Missing(what, name, inputSchema.Select(found => found.Name)));
        }

        return column.Type == TextDataViewType.Instance
            ? column
            : throw new ArgumentOutOfRangeException(nameof(inputSchema), NotText(what, name, $"{column.Type}"));
    }

    private static string Missing(string what, string name, IEnumerable<string> names) =>
        $"The {what} has no column '{name}' to read prompts from. It has: {string.Join(", ", names.Distinct())}. "
        + "Set PromptColumnName to one of them, or make the column with CopyColumns.";

    private static string NotText(string what, string name, string type) =>
        $"The prompt column '{name}' of the {what} has type {type}, and must be text (String). "
        + "Set PromptColumnName to a text column, or convert it with Conversion.ConvertType(outputKind: DataKind.String).";
}
