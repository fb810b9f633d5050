using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>What one update did.</summary>
/// <param name="GradientNorm">L2 norm of the gradient before clipping.</param>
/// <param name="Clipped">Whether it was scaled down.</param>
/// <param name="LearningRate">The rate that was used.</param>
/// <param name="UpdateRatio">L2 norm of the change over that of the weights before it.</param>
internal sealed record UpdateResult(double GradientNorm, bool Clipped, double LearningRate, double UpdateRatio);

/// <summary>Updates all weights by <see cref="AdamW"/>, with a clipped gradient and transformers' choice of what decays.</summary>
internal sealed class PolicyOptimizer : IDisposable
{
    private readonly (Parameter Weights, AdamW Adam)[] _parameters;
    private readonly double _maxNorm;

    public PolicyOptimizer(IReadOnlyDictionary<string, Tensor> parameters, OptimizerOptions options)
    {
        _parameters = [.. parameters.Select(p => ((Parameter)p.Value, new AdamW(p.Value, options, Decays(p.Key) ? options.WeightDecay : 0)))];
        _maxNorm = options.MaxGradientNorm > 0 ? options.MaxGradientNorm : double.PositiveInfinity;
    }

    /// <summary>Biases and norms do not decay.</summary>
    public static bool Decays(string name) => !name.EndsWith(".bias", StringComparison.Ordinal) && !name.Contains("norm", StringComparison.Ordinal);

    /// <summary>Clips the gradients and says what their norm was before; no weight has changed yet.</summary>
    public double ClipGradients()
    {
        using var scope = NewDisposeScope();
        foreach (var (weights, _) in _parameters)
        {
            weights.grad ??= zeros_like(weights); // no token carried loss: the means of the gradient still move; the weights hold it, past this scope
        }

        return nn.utils.clip_grad_norm_(_parameters.Select(p => p.Weights), _maxNorm);
    }

    /// <summary>Updates the weights from the clipped gradients and clears them.</summary>
    /// <param name="gradientNorm">What <see cref="ClipGradients"/> returned.</param>
    /// <param name="learningRate">The step's rate.</param>
    public UpdateResult Step(double gradientNorm, double learningRate)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var squares = stack(_parameters.Select(p => p.Adam.Step(learningRate))).sum(0L, keepdim: false); // of the weights, of their change
        ClearGradients();
        return new(gradientNorm, gradientNorm > _maxNorm, learningRate, (squares[1] / squares[0]).sqrt().item<double>());
    }

    /// <summary>Frees the gradients gathered so far; zeros would take a model's memory through the next rollout, and after the run.</summary>
    public void ClearGradients()
    {
        foreach (var (weights, _) in _parameters)
        {
            weights.grad = null;
        }
    }

    public void Dispose()
    {
        foreach (var (_, adam) in _parameters)
        {
            adam.Dispose();
        }
    }
}
