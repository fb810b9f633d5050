using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// The tiled head with its gradient. Nothing of the size of the logits is kept for the backward pass: it makes each tile again,
/// and from it <c>dz = g ([v = token] − p) − e p (log p + H)</c> for the gradients g of a token's log-prob and e of its entropy H.
/// Log-probs and entropies are one tensor [2, N], since of two a loss may leave one without a gradient, which TorchSharp does not bring through.
/// </summary>
internal sealed class TiledHeadFunction : OwnFunction<TiledHeadFunction>
{
    private const int BeforeProducts = 4; // arguments: tile, entropyGraph, ids, bias, then inputs and weights in turn
    private const int Bias = 3;

    protected override Tensor Forward(autograd.AutogradContext ctx, object[] vars)
    {
        using var scope = NewDisposeScope();
        var (tile, ids, bias) = ((HeadTile)vars[0], (Tensor)vars[2], (Tensor?)vars[Bias]);
        Tensor[] products = [.. vars.Skip(BeforeProducts).Cast<Tensor>()];
        var (logProbs, entropies, normaliser) = TiledHead.Forward(Terms(products, bias), ids, tile, slopes: null);

        ctx.save_for_backward([ids, bias!, normaliser.MoveToOuterDisposeScope(), entropies.MoveToOuterDisposeScope(), .. products]);
        ctx.save_data(nameof(HeadTile), tile);
        ctx.save_data("entropyGraph", vars[1]);
        ctx.save_data(nameof(Tensor.requires_grad), vars.Select(v => v is Tensor { requires_grad: true }).ToArray());
        return stack([logProbs, entropies]).MoveToOuterDisposeScope();
    }

    protected override IReadOnlyList<Tensor?> Backward(autograd.AutogradContext ctx, Tensor gradient)
    {
        using var noGrad = no_grad();
        var saved = ctx.get_saved_variables();
        var tile = (HeadTile)ctx.get_data(nameof(HeadTile));
        var wanted = (bool[])ctx.get_data(nameof(Tensor.requires_grad));
        var terms = Terms([.. saved.Skip(BeforeProducts)], saved[1]);
        var gradients = new Tensor?[wanted.Length];
        for (var i = Bias; i < wanted.Length; i++)
        {
            gradients[i] = wanted[i] ? zeros_like(i == Bias ? terms.Bias! : saved[i]) : null;
        }

        var (lp, entropy) = (gradient.select(0, 0), (bool)ctx.get_data("entropyGraph") ? gradient.select(0, 1) : null);
        var buffers = new TileBuffers(terms, tile);
        foreach (var rows in HeadTile.Cut(saved[0].shape[0], tile.Rows))
        {
            using var inner = NewDisposeScope();
            Tensor Column(Tensor of) => of.narrow(0, rows.Start, rows.Length).unsqueeze(1);
            var normaliser = saved[2].narrow(0, rows.Start, rows.Length);
            BackwardRows(terms, rows, tile, buffers, Column(saved[0]), normaliser, Column(saved[3]), Column(lp), entropy is null ? null : Column(entropy), gradients);
        }

        return gradients;
    }

    private static void BackwardRows(
        HeadTerms terms, (long Start, long Length) rows, HeadTile tile, TileBuffers buffers, Tensor ids, Tensor normaliser, Tensor entropies, Tensor lp, Tensor? entropy, Tensor?[] gradients)
    {
        // dz = p (a + b log p), and the token's own g besides, with p = exp(z - largest) / sum and so log p = z - largest - log: each [rows, 1].
        var (largest, log) = (normaliser.narrow(1, 0, 1), normaliser.narrow(1, 1, 1));
        var inverse = log.neg().exp();
        var b = entropy?.neg();
        var a = (b is null ? lp : lp.Plus(entropies * entropy!).Plus(b * log)).neg() * inverse;
        b = b?.mul_(inverse);
        foreach (var entries in HeadTile.Cut(terms.Products[0].Weight.shape[0], tile.Vocabulary))
        {
            using var scope = NewDisposeScope();
            var z = buffers.Logits(terms, rows, entries).sub_(largest);
            var dz = b is null ? z.exp_().mul_(a) : buffers.Exp(z).mul_(z.mul_(b).Plus_(a));
            var (places, elsewhere) = TiledHead.Find(ids, entries);
            dz.scatter_add_(1, places, lp.masked_fill(elsewhere, Scalars.Of(0)));
            if (gradients[Bias] is { } bias)
            {
                bias.narrow(0, entries.Start, entries.Length).Plus_(dz.sum([0L]));
            }

            for (var i = 0; i < terms.Products.Count; i++)
            {
                var (input, weight) = terms.Products[i];
                gradients[BeforeProducts + (2 * i)]?.narrow(0, rows.Start, rows.Length).addmm_(dz, weight.narrow(0, entries.Start, entries.Length));
                gradients[BeforeProducts + (2 * i) + 1]?.narrow(0, entries.Start, entries.Length).addmm_(dz.t(), input.narrow(0, rows.Start, rows.Length));
            }
        }
    }

    private static HeadTerms Terms(Tensor[] products, Tensor? bias) => new([.. products.Chunk(2).Select(pair => (pair[0], pair[1]))], bias);
}
