using System.Collections.Frozen;
using Microsoft.ML.Data;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Reads values of a column as plain .NET objects: text as <see cref="string"/>, numbers, booleans and dates as they are,
/// a vector of any of these as an array (of a sparse one, zeros included).
/// </summary>
internal abstract class ColumnReader
{
    private static readonly FrozenDictionary<Type, ColumnReader> ByItem = new Dictionary<Type, ColumnReader>
    {
        [typeof(ReadOnlyMemory<char>)] = new Items<ReadOnlyMemory<char>, string>(text => text.ToString()),
        [typeof(bool)] = new Items<bool, bool>(value => value),
        [typeof(float)] = new Items<float, float>(value => value),
        [typeof(double)] = new Items<double, double>(value => value),
        [typeof(sbyte)] = new Items<sbyte, sbyte>(value => value),
        [typeof(byte)] = new Items<byte, byte>(value => value),
        [typeof(short)] = new Items<short, short>(value => value),
        [typeof(ushort)] = new Items<ushort, ushort>(value => value),
        [typeof(int)] = new Items<int, int>(value => value),
        [typeof(uint)] = new Items<uint, uint>(value => value),
        [typeof(long)] = new Items<long, long>(value => value),
        [typeof(ulong)] = new Items<ulong, ulong>(value => value),
        [typeof(DateTime)] = new Items<DateTime, DateTime>(value => value),
        [typeof(DateTimeOffset)] = new Items<DateTimeOffset, DateTimeOffset>(value => value),
        [typeof(TimeSpan)] = new Items<TimeSpan, TimeSpan>(value => value),
    }.ToFrozenDictionary();

    /// <summary>Whether columns of this type can be read, a vector's as its items'.</summary>
    public static bool Reads(DataViewType type) => ByItem.ContainsKey(ItemOf(type).RawType);

    /// <summary>A function that reads the cursor's current row.</summary>
    /// <param name="cursor">A cursor for which the column is active.</param>
    /// <param name="column">A column of a type that <see cref="Reads"/>.</param>
    public static Func<object?> For(DataViewRowCursor cursor, DataViewSchema.Column column)
    {
        var reader = ByItem[ItemOf(column.Type).RawType];
        return column.Type is VectorDataViewType ? reader.Vector(cursor, column) : reader.Scalar(cursor, column);
    }

    private static DataViewType ItemOf(DataViewType type) => type is VectorDataViewType vector ? vector.ItemType : type;

    protected abstract Func<object?> Scalar(DataViewRowCursor cursor, DataViewSchema.Column column);

    protected abstract Func<object?> Vector(DataViewRowCursor cursor, DataViewSchema.Column column);

    private sealed class Items<TItem, TValue>(Func<TItem, TValue> convert) : ColumnReader
    {
        protected override Func<object?> Scalar(DataViewRowCursor cursor, DataViewSchema.Column column)
        {
            var getter = cursor.GetGetter<TItem>(column);
            return () =>
            {
                TItem value = default!;
                getter(ref value);
                return convert(value);
            };
        }

        protected override Func<object?> Vector(DataViewRowCursor cursor, DataViewSchema.Column column)
        {
            var getter = cursor.GetGetter<VBuffer<TItem>>(column);
            return () =>
            {
                VBuffer<TItem> value = default;
                getter(ref value);
                return value.DenseValues().Select(convert).ToArray();
            };
        }
    }
}
