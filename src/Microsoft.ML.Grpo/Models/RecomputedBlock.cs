using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>A block that keeps its input alone. Its backward pass runs it again, and gives its weights their gradients on the way.</summary>
internal sealed class RecomputedBlock : autograd.SingleTensorFunction<RecomputedBlock>
{
    public override string Name => nameof(RecomputedBlock);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (block, x) = ((Func<Tensor, Tensor>)vars[1], (Tensor)vars[2]);
        ctx.save_data(nameof(Recomputation), vars[0]);
        ctx.save_data("block", block);
        ctx.save_for_backward([x]);
        return block(x);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var recomputation = (Recomputation)ctx.get_data(nameof(Recomputation));
        var block = (Func<Tensor, Tensor>)ctx.get_data("block");
        recomputation.Count();
        using var scope = NewDisposeScope();
        using var gradients = enable_grad();
        var x = ctx.get_saved_variables()[0].detach().requires_grad_(true);
        block(x).backward([grad_output]);
        grad_output.Dispose(); // it is of the scope around the whole backward pass, and as large as the input
        var gradient = x.grad!.MoveToOuterDisposeScope();
        recomputation.Return(gradient);
        return [null!, null!, gradient];
    }
}
