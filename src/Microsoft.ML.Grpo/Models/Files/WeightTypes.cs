using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary><see cref="WeightType"/> as TorchSharp names it, and what rounding to it does.</summary>
internal static class WeightTypes
{
    public static ScalarType ToScalarType(this WeightType type) => type switch
    {
        WeightType.Float32 => ScalarType.Float32,
        WeightType.Float16 => ScalarType.Float16,
        WeightType.BFloat16 => ScalarType.BFloat16,
        WeightType.Float64 => ScalarType.Float64,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Weights are stored as Float32, Float16, BFloat16 or Float64."),
    };

    public static WeightType ToWeightType(this ScalarType type) => type switch
    {
        ScalarType.Float16 => WeightType.Float16,
        ScalarType.BFloat16 => WeightType.BFloat16,
        ScalarType.Float64 => WeightType.Float64,
        _ => WeightType.Float32,
    };

    /// <summary>Whether numbers of a type are kept as they are.</summary>
    public static bool Holds(this WeightType type, ScalarType numbers) => type == WeightType.Float64 || type.ToScalarType() == numbers;

    /// <summary>The nearest numbers of a type, in the tensor's own type. A tensor of the open dispose scope.</summary>
    /// <exception cref="InvalidOperationException">One is beyond the type's range.</exception>
    public static Tensor Round(this WeightType type, string name, Tensor weights)
    {
        var rounded = weights.to(type.ToScalarType()).to(weights.dtype);
        using var lost = weights.isfinite().logical_and_(rounded.isfinite().logical_not_());
        return !lost.any().item<bool>()
            ? rounded
            : throw new InvalidOperationException($"'{name}' has a weight of {weights[lost][0].to(ScalarType.Float64).item<double>():G4}, which {type} cannot hold. Nothing was saved. Save as BFloat16 or Float32.");
    }
}
