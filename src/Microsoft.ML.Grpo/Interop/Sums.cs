using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Addition of tensors. TorchSharp's own, the operator included, multiplies by a temporary <see cref="Scalar"/> of 1 that may
/// be freed in mid-call (see <see cref="Scalars"/>); here that 1 lives as long as the process.
/// </summary>
internal static class Sums
{
    private static readonly Scalar Zero = 0L.ToScalar();
    private static readonly Scalar One = 1L.ToScalar();

    public static Tensor Plus(this Tensor x, Tensor y) => x.add(y, One);

    public static Tensor Plus(this Tensor x, Scalar y) => x.add(y, One);

    /// <summary>In place.</summary>
    public static Tensor Plus_(this Tensor x, Tensor y) => x.add_(y, One);

    /// <summary>In place.</summary>
    public static Tensor Plus_(this Tensor x, Scalar y) => x.add_(y, One);

    /// <summary>[count] int64: 0, 1, 2 and so on.</summary>
    public static Tensor Range(long count, Device device) => arange(Zero, Scalars.Of(count), One, ScalarType.Int64, device);
}
