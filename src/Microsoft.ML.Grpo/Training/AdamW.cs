using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// AdamW (Loshchilov and Hutter 2019) for one weight tensor. Not TorchSharp's: that one hands temporary
/// <see cref="Scalar"/>s to every operator (see <see cref="Scalars"/>), and changes all tensors at once, so that measuring
/// the change would take a second copy of the model. Here a piece goes through all operators before the next: on the CPU
/// it stays in the cache meanwhile.
/// </summary>
internal sealed class AdamW : IDisposable
{
    private const long PieceOnCpu = 1 << 18; // numbers

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
    /// <returns>Float64 [2] of the open dispose scope: the sums of squares of the weights before, and of their change.</returns>
    public Tensor Step(double learningRate)
    {
        using var scope = NewDisposeScope();
        _steps++;
        var (weights, gradient, mean, square) = (_weights.view(-1), _weights.grad!.reshape(-1), _mean.view(-1), _square.view(-1));
        var piece = _weights.device_type == DeviceType.CPU ? PieceOnCpu : long.MaxValue;
        var squares = zeros([2], ScalarType.Float64, _weights.device);
        for (var start = 0L; start < weights.shape[0]; start += piece)
        {
            using var inner = NewDisposeScope();
            Tensor Piece(Tensor all) => all.narrow(0, start, Math.Min(piece, all.shape[0] - start));
            squares.Plus_(Step(Piece(weights), Piece(gradient), Piece(mean), Piece(square), learningRate));
        }

        return squares.MoveToOuterDisposeScope();
    }

    private Tensor Step(Tensor weights, Tensor gradient, Tensor mean, Tensor square, double learningRate)
    {
        var before = weights.clone();
        var size = before.dot(before);
        weights.mul_(Scalars.Of(1 - (learningRate * _decay)));
        mean.mul_(Scalars.Of(_options.Beta1)).add_(gradient, Scalars.Of(1 - _options.Beta1));
        square.mul_(Scalars.Of(_options.Beta2)).addcmul_(gradient, gradient, Scalars.Of(1 - _options.Beta2));
        var correction1 = 1 - Math.Pow(_options.Beta1, _steps);
        var correction2 = 1 - Math.Pow(_options.Beta2, _steps);
        var scale = square.sqrt().div_(Scalars.Of(Math.Sqrt(correction2))).Plus_(Scalars.Of(_options.Epsilon));
        weights.addcdiv_(mean, scale, Scalars.Of(-learningRate / correction1));
        var change = before.sub_(weights);
        return stack([size, change.dot(change)]).to(ScalarType.Float64);
    }

    public void Dispose()
    {
        _mean.Dispose();
        _square.Dispose();
    }
}
