using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>L2 norm and sum of a parameter.</summary>
internal readonly record struct WeightSums(double Norm, double Sum)
{
    public static IReadOnlyDictionary<string, WeightSums> Of(IReadOnlyDictionary<string, Tensor> parameters)
    {
        using var noGrad = no_grad();
        return parameters.ToDictionary(p => p.Key, p => Of(p.Value), StringComparer.Ordinal);
    }

    private static WeightSums Of(Tensor parameter)
    {
        using var scope = NewDisposeScope();
        var values = parameter.detach().to(ScalarType.Float64);
        return new((values * values).sum().sqrt().item<double>(), values.sum().item<double>());
    }
}

/// <summary>A replayed run after so many updates.</summary>
/// <param name="Weights">Of every trained parameter.</param>
/// <param name="ClippedGradientNorm">Of the gradient that the update used.</param>
/// <param name="SliceLosses">The losses of the update's slices, in order.</param>
internal sealed record ReplayedStep(IReadOnlyDictionary<string, WeightSums> Weights, double ClippedGradientNorm, IReadOnlyList<double> SliceLosses)
{
    /// <summary>Before the first update.</summary>
    public static ReplayedStep Before(IReadOnlyDictionary<string, Tensor> parameters) => new(WeightSums.Of(parameters), double.NaN, []);

    /// <summary>L2 norm of the gradients as they are.</summary>
    public static double GradientNorm(IEnumerable<Tensor> parameters)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return Math.Sqrt(parameters.Select(p => p.grad).OfType<Tensor>().Sum(gradient =>
        {
            using var inner = NewDisposeScope();
            var values = gradient.to(ScalarType.Float64);
            return (values * values).sum().item<double>();
        }));
    }
}
