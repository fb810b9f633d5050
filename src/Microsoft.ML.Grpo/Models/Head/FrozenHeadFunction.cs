using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// The tiled head with the gradient of its log-probs by its inputs alone, as with a frozen head. The forward pass finds that
/// derivative, <c>W[token] − Σ p W</c>, beside the sums, so that the backward pass has no tile to make.
/// </summary>
internal sealed class FrozenHeadFunction : OwnFunction<FrozenHeadFunction>
{
    private const int BeforeProducts = 4; // arguments: tile, entropyGraph (false here), ids, bias, then inputs and weights in turn

    protected override Tensor Forward(autograd.AutogradContext ctx, object[] vars)
    {
        using var scope = NewDisposeScope();
        var terms = new HeadTerms([.. vars.Skip(BeforeProducts).Cast<Tensor>().Chunk(2).Select(pair => (pair[0], pair[1]))], (Tensor?)vars[3]);
        Tensor[] slopes = [.. terms.Products.Select(p => zeros_like(p.Input))];
        var (logProbs, entropies, _) = TiledHead.Forward(terms, (Tensor)vars[2], (HeadTile)vars[0], slopes);
        ctx.save_for_backward([.. slopes.Select(slope => slope.MoveToOuterDisposeScope())]);
        return stack([logProbs, entropies]).MoveToOuterDisposeScope();
    }

    protected override IReadOnlyList<Tensor?> Backward(autograd.AutogradContext ctx, Tensor gradient)
    {
        using var noGrad = no_grad();
        var slopes = ctx.get_saved_variables();
        var ofLogProbs = gradient.select(0, 0).unsqueeze(1); // [N, 1]
        var gradients = new Tensor?[BeforeProducts + (2 * slopes.Count)];
        for (var i = 0; i < slopes.Count; i++)
        {
            gradients[BeforeProducts + (2 * i)] = slopes[i] * ofLogProbs;
        }

        return gradients;
    }
}
