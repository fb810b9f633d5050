namespace Microsoft.ML.Grpo;

/// <summary>How weights lie in memory and become lanes.</summary>
internal interface IWeightLanes<T>
    where T : struct, IFloatLanes<T>
{
    /// <summary>Bytes of a weight.</summary>
    static abstract int Size { get; }

    /// <summary>Reads weights.</summary>
    /// <param name="line">A line of them.</param>
    /// <param name="at">Number of the first.</param>
    static abstract unsafe T Load(byte* line, long at);
}

/// <summary>float32 weights, as they are.</summary>
internal readonly struct StoredFloat<T> : IWeightLanes<T>
    where T : struct, IFloatLanes<T>
{
    public static int Size => sizeof(float);

    public static unsafe T Load(byte* line, long at) => T.Load((float*)line + at);
}

/// <summary>float32 weights, rounded to bfloat16.</summary>
internal readonly struct RoundedToBFloat16<T> : IWeightLanes<T>
    where T : struct, IFloatLanes<T>
{
    public static int Size => sizeof(float);

    public static unsafe T Load(byte* line, long at) => T.LoadRounded((float*)line + at);
}

/// <summary>bfloat16 weights.</summary>
internal readonly struct StoredBFloat16<T> : IWeightLanes<T>
    where T : struct, IFloatLanes<T>
{
    public static int Size => sizeof(ushort);

    public static unsafe T Load(byte* line, long at) => T.LoadBFloat16((ushort*)line + at);
}
