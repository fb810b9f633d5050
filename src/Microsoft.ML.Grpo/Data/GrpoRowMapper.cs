using Microsoft.ML.Data;

namespace Microsoft.ML.Grpo;

/// <summary>Completes single rows, for a prediction engine.</summary>
internal sealed class GrpoRowMapper(GrpoTransformer transformer, OutputBinding binding) : IRowToRowMapper
{
    public DataViewSchema InputSchema => binding.InputSchema;

    public DataViewSchema OutputSchema => binding.OutputSchema;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
    {
        var asked = dependingColumns.ToArray();
        var passed = binding.PassedThrough(asked);
        return (binding.AnyAdded(asked) ? passed.Append(binding.Prompt) : passed).DistinctBy(column => column.Index).ToArray();
    }

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (!ReferenceEquals(input.Schema, InputSchema))
        {
            throw new ArgumentException(
                "The row has another schema object than the one that this mapper was made for: call GetRowToRowMapper with the row's own schema.",
                nameof(input));
        }

        return new GrpoRow(transformer, binding, input, binding.Active(activeColumns));
    }
}
