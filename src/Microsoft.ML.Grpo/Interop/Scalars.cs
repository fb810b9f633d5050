using TorchSharp;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Numbers for operators of TorchSharp. TorchSharp 0.107 does not keep a temporary <see cref="Scalar"/> alive while native
/// code reads it: where another thread collects garbage at that moment, its finalizer frees it in mid-call, and the
/// operator fails with an internal assert. So the last few of each thread are kept here. The implicit conversions, and the
/// operators that hide one, are banned in this project (<c>BannedSymbols.txt</c>); for addition, which does, see <see cref="Sums"/>.
/// </summary>
internal static class Scalars
{
    // An expression hands over a handful before its native calls return.
    private const int Kept = 32;

    [ThreadStatic]
    private static Scalar[]? _kept;

    [ThreadStatic]
    private static int _next;

    public static Scalar Of(double value) => Keep(value.ToScalar());

    public static Scalar Of(long value) => Keep(value.ToScalar());

    private static Scalar Keep(Scalar scalar)
    {
        _kept ??= new Scalar[Kept];
        _kept[_next] = scalar;
        _next = (_next + 1) % Kept;
        return scalar;
    }
}
