using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>A block that keeps its input alone. Its backward pass runs it again, and gives its weights their gradients on the way.</summary>
internal sealed class RecomputedBlock : OwnFunction<RecomputedBlock>
{
    protected override Tensor Forward(autograd.AutogradContext ctx, object[] vars)
    {
        var (block, x) = ((Func<Tensor, Tensor>)vars[1], (Tensor)vars[2]);
        ctx.save_data(nameof(Recomputation), vars[0]);
        ctx.save_data("block", block);
        ctx.save_for_backward([x]);
        return block(x);
    }

    protected override IReadOnlyList<Tensor?> Backward(autograd.AutogradContext ctx, Tensor gradient)
    {
        var recomputation = (Recomputation)ctx.get_data(nameof(Recomputation));
        var block = (Func<Tensor, Tensor>)ctx.get_data("block");
        recomputation.Count();
        using var gradients = enable_grad();
        var x = ctx.get_saved_variables()[0].detach().requires_grad_(true);
        block(x).backward([gradient]);
        var ofInput = x.grad!;
        recomputation.Return(ofInput);
        return [null, null, ofInput];
    }
}
