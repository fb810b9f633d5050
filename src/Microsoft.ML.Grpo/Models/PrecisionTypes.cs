using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary><see cref="Precision"/> as TorchSharp names it.</summary>
internal static class PrecisionTypes
{
    public static ScalarType ToScalarType(this Precision precision) => precision == Precision.Float64 ? ScalarType.Float64 : ScalarType.Float32;
}
