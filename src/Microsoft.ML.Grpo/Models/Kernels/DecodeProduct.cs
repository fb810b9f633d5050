using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// x Wᵀ for one token of each row, as in decoding: a weight is read from memory once, and used for all rows while it is near.
/// The library's products are made for many rows and lay the weights out anew at each call, which few rows do not give back.
/// A row's numbers depend neither on the others nor on how many they are.
/// </summary>
internal static unsafe class DecodeProduct
{
    private const int LeastWeight = 1 << 16; // numbers; below it the call is what costs
    private const int Inputs = 16;           // at a time, in the widest lanes
    private const int Outputs = 4;           // of a tile
    private const int Rows = 4;              // of a tile
    private const int RowsInCache = 64;

    private static readonly bool CanRun = Fma.IsSupported && TorchThreads.Found;

    /// <summary>Whether a product is one of these, and can be had here: float32 on an x64 CPU with FMA under Linux, without a graph. The weight may be bfloat16, too.</summary>
    /// <param name="x">[R, in] or [R, 1, in].</param>
    /// <param name="weight">[out, in].</param>
    public static bool Fits(Tensor x, Tensor weight)
    {
        if (!CanRun || is_grad_enabled() || weight.device_type != DeviceType.CPU || weight.dtype is not (ScalarType.Float32 or ScalarType.BFloat16) || x.dtype != ScalarType.Float32 || weight.numel() < LeastWeight)
        {
            return false;
        }

        return (x.dim() == 2 || (x.dim() == 3 && x.size(1) == 1)) && weight.size(1) % Inputs == 0 && weight.size(0) >= Outputs && weight.is_contiguous();
    }

    /// <summary>Multiplies; <see cref="Fits"/> has said yes.</summary>
    /// <param name="x">[R, in] or [R, 1, in].</param>
    /// <param name="weight">[out, in].</param>
    /// <param name="rounded">Whether the weight is rounded to bfloat16 as it is read. One that is stored as that is so already.</param>
    /// <returns>[R, out] or [R, 1, out].</returns>
    public static Tensor Times(Tensor x, Tensor weight, bool rounded = false) => Vector512.IsHardwareAccelerated ? Times<FloatLanes16>(x, weight, rounded) : Times<FloatLanes8>(x, weight, rounded);

    internal static Tensor Times<T>(Tensor x, Tensor weight, bool rounded = false)
        where T : struct, IFloatLanes<T> =>
        weight.dtype == ScalarType.BFloat16 ? Times<T, StoredBFloat16<T>>(x, weight)
        : rounded ? Times<T, RoundedToBFloat16<T>>(x, weight)
        : Times<T, StoredFloat<T>>(x, weight);

    private static Tensor Times<T, TWeight>(Tensor x, Tensor weight)
        where T : struct, IFloatLanes<T>
        where TWeight : struct, IWeightLanes<T>
    {
        using var scope = NewDisposeScope();
        var (outputs, inputs) = (weight.size(0), weight.size(1));
        x = x.contiguous();
        var product = empty(x.dim() == 2 ? [x.size(0), outputs] : [x.size(0), 1, outputs], ScalarType.Float32);
        var job = new Job { X = TensorMemory.Of(x), Weight = (byte*)TensorMemory.Of(weight), Product = TensorMemory.Of(product), Rows = x.size(0), Out = outputs, In = inputs };
        TorchThreads.Run(&Share<T, TWeight>, &job);
        GC.KeepAlive(x);
        GC.KeepAlive(weight);
        return product.MoveToOuterDisposeScope();
    }

    /// <summary>One thread's share of the outputs.</summary>
    private static void Share<T, TWeight>(void* arguments, int thread, int threads)
        where T : struct, IFloatLanes<T>
        where TWeight : struct, IWeightLanes<T>
    {
        var job = (Job*)arguments;
        var tiles = (job->Out + Outputs - 1) / Outputs;
        var (first, last) = (tiles * thread / threads, tiles * (thread + 1) / threads);
        for (var row = 0L; row < job->Rows; row += RowsInCache)
        {
            var end = Math.Min(row + RowsInCache, job->Rows);
            for (var tile = first; tile < last; tile++)
            {
                var output = Math.Min(tile * Outputs, job->Out - Outputs); // the last tile takes outputs of the one before it once more
                OfOutputs<T, TWeight>(job, row, end, output);
            }
        }
    }

    /// <summary>Four outputs of some rows. The first passes fetch the weights of the next four, half of them each.</summary>
    private static void OfOutputs<T, TWeight>(Job* job, long first, long end, long output)
        where T : struct, IFloatLanes<T>
        where TWeight : struct, IWeightLanes<T>
    {
        var line = job->In * TWeight.Size;
        var weight = job->Weight + (output * line);
        for (var row = first; row < end; row += Rows)
        {
            var next = row - first < 2 * Rows ? weight + ((Outputs + ((row - first) / 2)) * line) : weight;
            long Row(int i) => Math.Min(row + i, end - 1); // the last row fills up
            Tile<T, TWeight>(job, weight, next, Row(0), Row(1), Row(2), Row(3), output);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<T, TWeight>(Job* job, byte* w0, byte* next, long rowA, long rowB, long rowC, long rowD, long output)
        where T : struct, IFloatLanes<T>
        where TWeight : struct, IWeightLanes<T>
    {
        T a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
        T c0 = default, c1 = default, c2 = default, c3 = default, d0 = default, d1 = default, d2 = default, d3 = default;
        var inputs = job->In;
        float* a = job->X + (rowA * inputs), b = job->X + (rowB * inputs), c = job->X + (rowC * inputs), d = job->X + (rowD * inputs);
        var line = inputs * TWeight.Size;
        byte* w1 = w0 + line, w2 = w1 + line, w3 = w2 + line;
        for (var i = 0L; i < inputs; i += T.Count)
        {
            Sse.Prefetch0(next + (2 * i * TWeight.Size)); // in the order of memory, as the processor's own fetching expects
            Sse.Prefetch0(next + (((2 * i) + T.Count) * TWeight.Size));
            var (v0, v1, v2, v3) = (TWeight.Load(w0, i), TWeight.Load(w1, i), TWeight.Load(w2, i), TWeight.Load(w3, i));
            var x = T.Load(a + i);
            (a0, a1, a2, a3) = (T.MultiplyAdd(v0, x, a0), T.MultiplyAdd(v1, x, a1), T.MultiplyAdd(v2, x, a2), T.MultiplyAdd(v3, x, a3));
            x = T.Load(b + i);
            (b0, b1, b2, b3) = (T.MultiplyAdd(v0, x, b0), T.MultiplyAdd(v1, x, b1), T.MultiplyAdd(v2, x, b2), T.MultiplyAdd(v3, x, b3));
            x = T.Load(c + i);
            (c0, c1, c2, c3) = (T.MultiplyAdd(v0, x, c0), T.MultiplyAdd(v1, x, c1), T.MultiplyAdd(v2, x, c2), T.MultiplyAdd(v3, x, c3));
            x = T.Load(d + i);
            (d0, d1, d2, d3) = (T.MultiplyAdd(v0, x, d0), T.MultiplyAdd(v1, x, d1), T.MultiplyAdd(v2, x, d2), T.MultiplyAdd(v3, x, d3));
        }

        Store(job->Product + (rowA * job->Out) + output, a0, a1, a2, a3);
        Store(job->Product + (rowB * job->Out) + output, b0, b1, b2, b3);
        Store(job->Product + (rowC * job->Out) + output, c0, c1, c2, c3);
        Store(job->Product + (rowD * job->Out) + output, d0, d1, d2, d3);
    }

    private static void Store<T>(float* product, T first, T second, T third, T fourth)
        where T : struct, IFloatLanes<T> =>
        (product[0], product[1], product[2], product[3]) = (T.Sum(first), T.Sum(second), T.Sum(third), T.Sum(fourth));

    private struct Job
    {
        public float* X;       // [rows, in]
        public byte* Weight;   // [out, in], of either type
        public float* Product; // [rows, out]
        public long Rows;
        public long Out;
        public long In;
    }
}
