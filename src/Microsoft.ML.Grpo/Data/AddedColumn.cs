using Microsoft.ML.Data;

namespace Microsoft.ML.Grpo;

/// <summary>A column that a <see cref="GrpoTransformer"/> adds.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type: text, or <see cref="float"/>.</param>
/// <param name="Source">The part of a completion that it shows.</param>
internal sealed record AddedColumn(string Name, DataViewType Type, AddedColumn.Part Source)
{
    internal enum Part
    {
        Text,
        LogProb,
        FinishReason,
    }

    /// <summary>The columns to add, in order.</summary>
    internal static IReadOnlyList<AddedColumn> For(GrpoColumns columns)
    {
        var added = new List<AddedColumn> { new(columns.Output, TextDataViewType.Instance, Part.Text) };
        if (columns.LogProb is { } logProb)
        {
            added.Add(new(logProb, NumberDataViewType.Single, Part.LogProb));
        }

        if (columns.FinishReason is { } finishReason)
        {
            added.Add(new(finishReason, TextDataViewType.Instance, Part.FinishReason));
        }

        return added;
    }

    /// <summary>The getter of this column over whatever gives the row's completion.</summary>
    /// <exception cref="InvalidOperationException"><typeparamref name="TValue"/> is not the column's type.</exception>
    internal ValueGetter<TValue> Getter<TValue>(Func<GeneratedText> completion)
    {
        Delegate getter = Source switch
        {
            Part.Text => new ValueGetter<ReadOnlyMemory<char>>((ref value) => value = completion().Text.AsMemory()),
            Part.LogProb => new ValueGetter<float>((ref value) => value = completion().LogProb),
            _ => new ValueGetter<ReadOnlyMemory<char>>((ref value) => value = completion().FinishReason.ToString().AsMemory()),
        };
        return getter as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"Column '{Name}' has type {Type}; a getter of {typeof(TValue)} was asked for.");
    }
}
