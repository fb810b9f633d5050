using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Attention of one new token a row, in one go: stores its key and value, and reads those of the row's own tokens once each. The
/// library takes a dozen operators for it, which read as far as the longest row, and whose products are made for larger matrices.
/// A row's numbers depend neither on the others nor on how many they are.
/// </summary>
internal static unsafe class AttentionKernel
{
    private const int Heads = 4; // query heads that share a read of the keys or values

    private static readonly bool CanRun = Fma.IsSupported && TorchThreads.Found;

    /// <summary>Whether the attention can be had here: float32 on an x64 CPU with FMA under Linux, without a graph.</summary>
    /// <param name="keys">[R·Hkv, C, D] of a cache.</param>
    public static bool Fits(Tensor keys) =>
        CanRun && !is_grad_enabled() && keys.device_type == DeviceType.CPU && keys.dtype == ScalarType.Float32 && keys.is_contiguous() && keys.size(2) % FloatLanes8.Count == 0;

    /// <summary>Stores and mixes; <see cref="Fits"/> has said yes.</summary>
    /// <param name="keys">[R·Hkv, C, D]; the new keys are written into it.</param>
    /// <param name="values">[R·Hkv, C, D]; the new values are written into it.</param>
    /// <param name="places">[R] places of the new tokens, each below C.</param>
    /// <param name="query">[R, H, 1, D].</param>
    /// <param name="key">[R, Hkv, 1, D].</param>
    /// <param name="value">[R, Hkv, 1, D].</param>
    /// <param name="scale">What dot products are multiplied by.</param>
    /// <returns>[R, H, 1, D].</returns>
    public static Tensor Attend(Tensor keys, Tensor values, long[] places, Tensor query, Tensor key, Tensor value, double scale) =>
        Vector512.IsHardwareAccelerated && keys.size(2) % FloatLanes16.Count == 0
            ? Attend<FloatLanes16>(keys, values, places, query, key, value, scale)
            : Attend<FloatLanes8>(keys, values, places, query, key, value, scale);

    internal static Tensor Attend<T>(Tensor keys, Tensor values, long[] places, Tensor query, Tensor key, Tensor value, double scale)
        where T : struct, IFloatLanes<T>
    {
        using var scope = NewDisposeScope();
        (query, key, value) = (query.contiguous(), key.contiguous(), value.contiguous());
        var (keyHeads, size) = (key.size(1), key.size(3));
        var (group, longest) = (query.size(1) / keyHeads, places.Max());
        if (longest >= keys.size(1) || places.Min() < 0 || places.Length != key.size(0))
        {
            throw new ArgumentOutOfRangeException(nameof(places), longest, $"A place of each of {key.size(0)} rows, below the cache's {keys.size(1)}.");
        }

        // A sum of a row's scores is split by where they lie in memory: rows of whole steps lie alike whatever the longest row.
        var width = KeyValueCache.RoundUp((int)longest + 1);
        var mixed = empty(query.shape, ScalarType.Float32);
        var scores = empty([get_num_threads(), group, width], ScalarType.Float32);
        fixed (long* at = places)
        {
            var job = new Job
            {
                Keys = TensorMemory.Of(keys), Values = TensorMemory.Of(values), Query = TensorMemory.Of(query), Key = TensorMemory.Of(key), Value = TensorMemory.Of(value),
                Mixed = TensorMemory.Of(mixed), Scores = TensorMemory.Of(scores), Places = at, Units = key.size(0) * keyHeads, KeyHeads = keyHeads, Group = group,
                Capacity = keys.size(1), Size = size, Width = width, Scale = (float)scale,
            };
            TorchThreads.Run(&Share<T>, &job);
        }

        foreach (var read in (ReadOnlySpan<Tensor>)[keys, values, query, key, value, scores])
        {
            GC.KeepAlive(read);
        }

        return mixed.MoveToOuterDisposeScope();
    }

    /// <summary>One thread's share of the key heads of all rows.</summary>
    private static void Share<T>(void* arguments, int thread, int threads)
        where T : struct, IFloatLanes<T>
    {
        var job = (Job*)arguments;
        var scores = job->Scores + (thread * job->Group * job->Width);
        for (var unit = job->Units * thread / threads; unit < job->Units * (thread + 1) / threads; unit++)
        {
            var place = job->Places[unit / job->KeyHeads];
            float* keys = job->Keys + (unit * job->Capacity * job->Size), values = job->Values + (unit * job->Capacity * job->Size);
            Store(job->Key + (unit * job->Size), keys + (place * job->Size), job->Size);
            Store(job->Value + (unit * job->Size), values + (place * job->Size), job->Size);
            for (var head = 0L; head < job->Group; head += Heads)
            {
                Score<T>(job, job->Query + (unit * job->Group * job->Size), keys, values, scores, head, place + 1);
            }

            for (var head = 0L; head < job->Group; head++)
            {
                SoftMax(new(scores + (head * job->Width), (int)(place + 1)));
            }

            for (var head = 0L; head < job->Group; head += Heads)
            {
                Mix<T>(job, values, keys + (job->Capacity * job->Size), scores, job->Mixed + (unit * job->Group * job->Size), head, place + 1);
            }
        }
    }

    private static void Store(float* from, float* to, long size) => new ReadOnlySpan<float>(from, (int)size).CopyTo(new(to, (int)size));

    /// <summary>Scaled products of up to four query heads with the keys. Fetches the values meanwhile, which come next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score<T>(Job* job, float* query, float* keys, float* next, float* scores, long head, long length)
        where T : struct, IFloatLanes<T>
    {
        var (size, scale) = (job->Size, job->Scale);
        var (h1, h2, h3) = Others(head, job->Group);
        float* a = query + (head * size), b = query + (h1 * size), c = query + (h2 * size), d = query + (h3 * size);
        for (var w = 0L; w < length; w++, keys += size, next += size)
        {
            T sumA = default, sumB = default, sumC = default, sumD = default;
            for (var i = 0L; i < size; i += T.Count)
            {
                Sse.Prefetch1(next + i);
                var key = T.Load(keys + i);
                (sumA, sumB) = (T.MultiplyAdd(key, T.Load(a + i), sumA), T.MultiplyAdd(key, T.Load(b + i), sumB));
                (sumC, sumD) = (T.MultiplyAdd(key, T.Load(c + i), sumC), T.MultiplyAdd(key, T.Load(d + i), sumD));
            }

            scores[(head * job->Width) + w] = T.Sum(sumA) * scale;
            scores[(h1 * job->Width) + w] = T.Sum(sumB) * scale;
            scores[(h2 * job->Width) + w] = T.Sum(sumC) * scale;
            scores[(h3 * job->Width) + w] = T.Sum(sumD) * scale;
        }
    }

    private static void SoftMax(Span<float> scores)
    {
        TensorPrimitives.Subtract(scores, TensorPrimitives.Max<float>(scores), scores);
        TensorPrimitives.Exp(scores, scores);
        TensorPrimitives.Divide(scores, TensorPrimitives.Sum<float>(scores), scores);
    }

    /// <summary>Sums of the values, weighted for up to four query heads. Fetches the keys of the next key head meanwhile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Mix<T>(Job* job, float* values, float* next, float* weights, float* mixed, long head, long length)
        where T : struct, IFloatLanes<T>
    {
        var size = job->Size;
        var (h1, h2, h3) = Others(head, job->Group);
        float* a = weights + (head * job->Width), b = weights + (h1 * job->Width), c = weights + (h2 * job->Width), d = weights + (h3 * job->Width);
        for (var i = 0L; i < size; i += T.Count)
        {
            T sumA = default, sumB = default, sumC = default, sumD = default;
            float* from = values + i, ahead = next + i;
            for (var w = 0L; w < length; w++, from += size, ahead += size)
            {
                Sse.Prefetch1(ahead);
                var value = T.Load(from);
                (sumA, sumB) = (T.MultiplyAdd(value, T.Broadcast(a[w]), sumA), T.MultiplyAdd(value, T.Broadcast(b[w]), sumB));
                (sumC, sumD) = (T.MultiplyAdd(value, T.Broadcast(c[w]), sumC), T.MultiplyAdd(value, T.Broadcast(d[w]), sumD));
            }

            T.Store(sumA, mixed + (head * size) + i);
            T.Store(sumB, mixed + (h1 * size) + i);
            T.Store(sumC, mixed + (h2 * size) + i);
            T.Store(sumD, mixed + (h3 * size) + i);
        }
    }

    /// <summary>The three heads after one; the last of the group fills up.</summary>
    private static (long Second, long Third, long Fourth) Others(long head, long group) =>
        (Math.Min(head + 1, group - 1), Math.Min(head + 2, group - 1), Math.Min(head + 3, group - 1));

    private struct Job
    {
        public float* Keys;   // [units, capacity, size]
        public float* Values; // [units, capacity, size]
        public float* Query;  // [units, group, size]
        public float* Key;    // [units, size]
        public float* Value;  // [units, size]
        public float* Mixed;  // [units, group, size]
        public float* Scores; // [threads, group, width]
        public long* Places;  // [rows]
        public long Units;    // rows times key heads
        public long KeyHeads;
        public long Group; // query heads of a key head
        public long Capacity;
        public long Size;
        public long Width;
        public float Scale;
    }
}
