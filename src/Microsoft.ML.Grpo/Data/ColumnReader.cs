using Microsoft.ML.Data;

namespace Microsoft.ML.Grpo;

/// <summary>Reads the values of any common column type as plain .NET objects.</summary>
internal static class ColumnReader
{
    /// <summary>A function that reads the cursor's current row.</summary>
    /// <param name="cursor">A cursor for which the column is active.</param>
    /// <param name="column">The column.</param>
    /// <exception cref="NotSupportedException">The column's type is not one that a reward can be handed.</exception>
    public static Func<object?> For(DataViewRowCursor cursor, DataViewSchema.Column column)
    {
        var type = column.Type.RawType;
        return type switch
        {
            _ when type == typeof(ReadOnlyMemory<char>) => Scalar<ReadOnlyMemory<char>>(cursor, column, text => text.ToString()),
            _ when type == typeof(bool) => Scalar<bool>(cursor, column),
            _ when type == typeof(float) => Scalar<float>(cursor, column),
            _ when type == typeof(double) => Scalar<double>(cursor, column),
            _ when type == typeof(sbyte) => Scalar<sbyte>(cursor, column),
            _ when type == typeof(byte) => Scalar<byte>(cursor, column),
            _ when type == typeof(short) => Scalar<short>(cursor, column),
            _ when type == typeof(ushort) => Scalar<ushort>(cursor, column),
            _ when type == typeof(int) => Scalar<int>(cursor, column),
            _ when type == typeof(uint) => Scalar<uint>(cursor, column),
            _ when type == typeof(long) => Scalar<long>(cursor, column),
            _ when type == typeof(ulong) => Scalar<ulong>(cursor, column),
            _ when type == typeof(DateTime) => Scalar<DateTime>(cursor, column),
            _ when type == typeof(DateTimeOffset) => Scalar<DateTimeOffset>(cursor, column),
            _ when type == typeof(TimeSpan) => Scalar<TimeSpan>(cursor, column),
            _ when type == typeof(VBuffer<float>) => Scalar<VBuffer<float>>(cursor, column, vector => vector.DenseValues().ToArray()),
            _ when type == typeof(VBuffer<double>) => Scalar<VBuffer<double>>(cursor, column, vector => vector.DenseValues().ToArray()),
            _ when type == typeof(VBuffer<ReadOnlyMemory<char>>) => Scalar<VBuffer<ReadOnlyMemory<char>>>(cursor, column, vector => vector.DenseValues().Select(v => v.ToString()).ToArray()),
            _ => throw new NotSupportedException(
                $"Column '{column.Name}' is of type {column.Type}, which a reward cannot be handed. Convert it to text, a number, or a vector of either first."),
        };
    }

    private static Func<object?> Scalar<T>(DataViewRowCursor cursor, DataViewSchema.Column column, Func<T, object?>? convert = null)
    {
        var getter = cursor.GetGetter<T>(column);
        return () =>
        {
            T value = default!;
            getter(ref value);
            return convert is null ? value : convert(value);
        };
    }
}
