using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>A differentiable function with a backward pass of our own, which runs under the guard of a <see cref="BackwardPass"/>.</summary>
internal abstract class OwnFunction<T> : autograd.SingleTensorFunction<T>
    where T : OwnFunction<T>, new()
{
    public sealed override string Name => typeof(T).Name;

    public sealed override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        ctx.save_data(nameof(BackwardPass), BackwardPass.Current!);
        ctx.save_data(nameof(vars.Length), vars.Length);
        return Forward(ctx, vars);
    }

    public sealed override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var pass = (BackwardPass?)ctx.get_data(nameof(BackwardPass));
        return pass is null ? Gradients() : pass.Guard((int)ctx.get_data(nameof(Array.Length)), Gradients);

        List<Tensor> Gradients()
        {
            using var scope = NewDisposeScope();
            var gradients = Backward(ctx, grad_output);
            grad_output.Dispose(); // it is of the scope around the whole backward pass, if there is one
            return [.. gradients.Select(gradient => gradient?.MoveToOuterDisposeScope()!)];
        }
    }

    /// <summary>The function itself. Gradients are off.</summary>
    /// <returns>A tensor of the open dispose scope; it must not be saved for the backward pass.</returns>
    protected abstract Tensor Forward(autograd.AutogradContext ctx, object[] vars);

    /// <summary>Its backward pass.</summary>
    /// <returns>A gradient for each of the function's arguments, of the open dispose scope; null: none.</returns>
    protected abstract IReadOnlyList<Tensor?> Backward(autograd.AutogradContext ctx, Tensor gradient);
}
