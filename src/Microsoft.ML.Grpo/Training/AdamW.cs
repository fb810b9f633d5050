using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// AdamW (Loshchilov and Hutter 2019) for one weight tensor. Not TorchSharp's: that one hands temporary
/// <see cref="Scalar"/>s to every operator (see <see cref="Scalars"/>), and changes all tensors at once, so that measuring
/// the change would take a second copy of the model.
/// </summary>
internal sealed class AdamW : IDisposable
{
    private readonly Tensor _weights;
    private readonly OptimizerOptions _options;
    private readonly double _decay;
    private readonly Tensor _mean;   // running mean of the gradient
    private readonly Tensor _square; // running mean of its square
    private int _steps;

    /// <summary>Prepares a tensor; its owner keeps it.</summary>
    /// <param name="weights">Float32 or float64.</param>
    /// <param name="options">The betas and epsilon.</param>
    /// <param name="decay">Weight decay, not scaled by the learning rate; 0 or more.</param>
    public AdamW(Tensor weights, OptimizerOptions options, double decay)
    {
        (_weights, _options, _decay) = (weights, options, decay);
        using var noGrad = no_grad();
        _mean = zeros_like(weights).DetachFromDisposeScope();
        _square = zeros_like(weights).DetachFromDisposeScope();
    }

    /// <summary>Updates the weights from their gradient, in place. Gradients must not be recorded meanwhile.</summary>
    public void Step(double learningRate)
    {
        using var scope = NewDisposeScope();
        var gradient = _weights.grad!;
        _steps++;
        _weights.mul_(Scalars.Of(1 - (learningRate * _decay)));
        _mean.mul_(Scalars.Of(_options.Beta1)).add_(gradient, Scalars.Of(1 - _options.Beta1));
        _square.mul_(Scalars.Of(_options.Beta2)).addcmul_(gradient, gradient, Scalars.Of(1 - _options.Beta2));
        var correction1 = 1 - Math.Pow(_options.Beta1, _steps);
        var correction2 = 1 - Math.Pow(_options.Beta2, _steps);
        var scale = _square.sqrt().div_(Scalars.Of(Math.Sqrt(correction2))).Plus_(Scalars.Of(_options.Epsilon));
        _weights.addcdiv_(_mean, scale, Scalars.Of(-learningRate / correction1));
    }

    public void Dispose()
    {
        _mean.Dispose();
        _square.Dispose();
    }
}
