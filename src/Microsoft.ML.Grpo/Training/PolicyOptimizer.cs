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

/// <summary>AdamW (Loshchilov and Hutter 2019) with a clipped gradient, and transformers' choice of what decays.</summary>
internal sealed class PolicyOptimizer : IDisposable
{
    private readonly Parameter[] _parameters;
    private readonly AdamW _adam;
    private readonly double _maxNorm;

    public PolicyOptimizer(IReadOnlyDictionary<string, Tensor> parameters, OptimizerOptions options)
    {
        _parameters = [.. parameters.Values.Cast<Parameter>()];
        _maxNorm = options.MaxGradientNorm > 0 ? options.MaxGradientNorm : double.PositiveInfinity;
        AdamW.ParamGroup Group(bool decays) => new(
            [.. parameters.Where(p => Decays(p.Key) == decays).Select(p => (Parameter)p.Value)],
            new AdamW.Options { weight_decay = decays ? options.WeightDecay : 0, beta1 = options.Beta1, beta2 = options.Beta2, eps = options.Epsilon, LearningRate = 0, InitialLearningRate = 0 });
        AdamW.ParamGroup[] groups = [.. new[] { Group(true), Group(false) }.Where(g => g.Parameters.Any())];
        _adam = optim.AdamW(groups, 0, options.Beta1, options.Beta2, options.Epsilon, options.WeightDecay);
    }

    /// <summary>Biases and norms do not decay.</summary>
    public static bool Decays(string name) => !name.EndsWith(".bias", StringComparison.Ordinal) && !name.Contains("norm", StringComparison.Ordinal);

    /// <summary>Clips the gradients and says what their norm was before; no weight has changed yet.</summary>
    public double ClipGradients()
    {
        using var scope = NewDisposeScope();
        return nn.utils.clip_grad_norm_(_parameters, _maxNorm);
    }

    /// <summary>Updates the weights from the clipped gradients and clears them.</summary>
    /// <param name="gradientNorm">What <see cref="ClipGradients"/> returned.</param>
    /// <param name="learningRate">The step's rate.</param>
    public UpdateResult Step(double gradientNorm, double learningRate)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var before = _parameters.Select(p => p.detach().clone()).ToArray(); // The one copy of the weights that a step needs.
        var size = Norm(before);
        foreach (var group in _adam.ParamGroups)
        {
            group.LearningRate = learningRate;
        }

        _adam.step();
        ClearGradients();
        foreach (var (now, then) in _parameters.Zip(before))
        {
            then.sub_(now);
        }

        return new(gradientNorm, gradientNorm > _maxNorm, learningRate, Norm(before) / size);
    }

    /// <summary>Frees the gradients gathered so far; zeros would take a model's memory through the next rollout, and after the run.</summary>
    public void ClearGradients()
    {
        foreach (var parameter in _parameters)
        {
            parameter.grad = null;
        }
    }

    public void Dispose() => _adam.Dispose();

    private static double Norm(IEnumerable<Tensor> tensors)
    {
        using var scope = NewDisposeScope();
        return stack([.. tensors.Select(Squares)]).sum().sqrt().item<double>();

        // A scope for each: the squares of all weights at once would be as large as the model.
        static Tensor Squares(Tensor x)
        {
            using var inner = NewDisposeScope();
            return x.square().sum().to(ScalarType.Float64).MoveToOuterDisposeScope();
        }
    }
}
