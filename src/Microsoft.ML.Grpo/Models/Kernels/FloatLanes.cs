using System.Runtime.Intrinsics;

namespace Microsoft.ML.Grpo;

/// <summary>As many float32 numbers as a register holds.</summary>
internal interface IFloatLanes<T>
    where T : struct, IFloatLanes<T>
{
    /// <summary>How many.</summary>
    static abstract int Count { get; }

    /// <summary>Reads them.</summary>
    static abstract unsafe T Load(float* from);

    /// <summary>Reads as many bfloat16 numbers.</summary>
    static abstract unsafe T LoadBFloat16(ushort* from);

    /// <summary>Reads them and rounds them to the nearest bfloat16, ties to even. NaNs stay.</summary>
    static abstract unsafe T LoadRounded(float* from);

    /// <summary>One number in all of them.</summary>
    static abstract T Broadcast(float value);

    /// <summary>Writes them.</summary>
    static abstract unsafe void Store(T lanes, float* to);

    /// <summary>a b + c, rounded once.</summary>
    static abstract T MultiplyAdd(T a, T b, T c);

    /// <summary>Their sum.</summary>
    static abstract float Sum(T lanes);
}

/// <summary>16 of them, as with AVX-512.</summary>
internal readonly struct FloatLanes16(Vector512<float> values) : IFloatLanes<FloatLanes16>
{
    private readonly Vector512<float> _values = values;

    public static int Count => Vector512<float>.Count;

    public static unsafe FloatLanes16 Load(float* from) => new(Vector512.Load(from));

    public static unsafe FloatLanes16 LoadBFloat16(ushort* from) => new((Vector512.WidenLower(Vector256.Load(from).ToVector512()) << 16).AsSingle());

    public static unsafe FloatLanes16 LoadRounded(float* from)
    {
        var bits = Vector512.Load((uint*)from);
        var half = Vector512.Create(0x7FFFu) + ((bits >>> 16) & Vector512<uint>.One);
        var rounded = (bits + half) & Vector512.Create(0xFFFF0000);
        return new(Vector512.ConditionalSelect(Vector512.IsNaN(bits.AsSingle()), bits.AsSingle(), rounded.AsSingle()));
    }

    public static FloatLanes16 Broadcast(float value) => new(Vector512.Create(value));

    public static unsafe void Store(FloatLanes16 lanes, float* to) => Vector512.Store(lanes._values, to);

    public static FloatLanes16 MultiplyAdd(FloatLanes16 a, FloatLanes16 b, FloatLanes16 c) => new(Vector512.FusedMultiplyAdd(a._values, b._values, c._values));

    public static float Sum(FloatLanes16 lanes) => Vector512.Sum(lanes._values);
}

/// <summary>8 of them, as with AVX2.</summary>
internal readonly struct FloatLanes8(Vector256<float> values) : IFloatLanes<FloatLanes8>
{
    private readonly Vector256<float> _values = values;

    public static int Count => Vector256<float>.Count;

    public static unsafe FloatLanes8 Load(float* from) => new(Vector256.Load(from));

    public static unsafe FloatLanes8 LoadBFloat16(ushort* from) => new((Vector256.WidenLower(Vector128.Load(from).ToVector256()) << 16).AsSingle());

    public static unsafe FloatLanes8 LoadRounded(float* from)
    {
        var bits = Vector256.Load((uint*)from);
        var half = Vector256.Create(0x7FFFu) + ((bits >>> 16) & Vector256<uint>.One);
        var rounded = (bits + half) & Vector256.Create(0xFFFF0000);
        return new(Vector256.ConditionalSelect(Vector256.IsNaN(bits.AsSingle()), bits.AsSingle(), rounded.AsSingle()));
    }

    public static FloatLanes8 Broadcast(float value) => new(Vector256.Create(value));

    public static unsafe void Store(FloatLanes8 lanes, float* to) => Vector256.Store(lanes._values, to);

    public static FloatLanes8 MultiplyAdd(FloatLanes8 a, FloatLanes8 b, FloatLanes8 c) => new(Vector256.FusedMultiplyAdd(a._values, b._values, c._values));

    public static float Sum(FloatLanes8 lanes) => Vector256.Sum(lanes._values);
}
