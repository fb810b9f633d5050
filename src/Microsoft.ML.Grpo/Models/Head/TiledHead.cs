using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Log-probs and entropies without the logits [N, V]: a tile of tokens by vocabulary is made, read and overwritten by the next.
/// A token's greatest logit and its sums over the vocabulary are carried from tile to tile (Milakov and Gimelshein 2018).
/// </summary>
internal static class TiledHead
{
    /// <summary>Log-probs and entropies, in nats, with gradients where a term has them.</summary>
    /// <param name="terms">The head, of logits over the temperature.</param>
    /// <param name="ids">[N] int64: the tokens.</param>
    /// <param name="entropyGraph">Whether the entropies shall have a graph too.</param>
    /// <param name="tile">The largest tile.</param>
    /// <returns>Two tensors [N] of the open dispose scope.</returns>
    public static (Tensor LogProbs, Tensor Entropies) Compute(HeadTerms terms, Tensor ids, bool entropyGraph, HeadTile tile)
    {
        var (bias, products) = (terms.Bias, terms.Products);
        if (!is_grad_enabled() || !(bias is { requires_grad: true } || products.Any(p => p.Input.requires_grad || p.Weight.requires_grad)))
        {
            using var all = NewDisposeScope();
            var (lp, entropy, _) = Forward(terms, ids, tile, slopes: null);
            return (lp.MoveToOuterDisposeScope(), entropy.MoveToOuterDisposeScope());
        }

        using var scope = NewDisposeScope();
        var frozen = !entropyGraph && bias is not { requires_grad: true } && products.All(p => p.Input.requires_grad && !p.Weight.requires_grad);
        Func<object[], Tensor> apply = frozen ? FrozenHeadFunction.apply : TiledHeadFunction.apply;
        var both = apply([tile, entropyGraph, ids, bias!, .. products.SelectMany(p => new[] { p.Input, p.Weight })]);
        return (both.select(0, 0).MoveToOuterDisposeScope(), (entropyGraph ? both.select(0, 1) : both.select(0, 1).detach()).MoveToOuterDisposeScope());
    }

    /// <summary>Log-probs and entropies, each [N], and [N, 2] a token's greatest logit and log Σ exp(z − it) over the vocabulary, of the open dispose scope. Gradients must be off.</summary>
    /// <param name="terms">The head.</param>
    /// <param name="ids">[N].</param>
    /// <param name="tile">The largest tile.</param>
    /// <param name="slopes">Zeros [N, in] a product, which become the derivatives of a token's log-prob by its inputs; null: they are not needed.</param>
    internal static (Tensor LogProbs, Tensor Entropies, Tensor Normaliser) Forward(HeadTerms terms, Tensor ids, HeadTile tile, IReadOnlyList<Tensor>? slopes)
    {
        var buffers = new TileBuffers(terms, tile);
        var (logProbs, entropies, normalisers) = (new List<Tensor>(), new List<Tensor>(), new List<Tensor>());
        foreach (var (start, length) in HeadTile.Cut(ids.shape[0], tile.Rows))
        {
            using var scope = NewDisposeScope();
            var (lp, entropy, normaliser) = ForwardRows(
                terms, ids.narrow(0, start, length).unsqueeze(1), start, tile, buffers, slopes?.Select(slope => slope.narrow(0, start, length)).ToArray());
            logProbs.Add(lp.squeeze(1).MoveToOuterDisposeScope());
            entropies.Add(entropy.squeeze(1).MoveToOuterDisposeScope());
            normalisers.Add(normaliser.MoveToOuterDisposeScope());
        }

        return (cat(logProbs, 0), cat(entropies, 0), cat(normalisers, 0));
    }

    /// <summary>Where the tokens' ids [rows, 1] stand in a tile, and which of them [rows, 1] do not stand there.</summary>
    internal static (Tensor Places, Tensor Elsewhere) Find(Tensor ids, (long Start, long Length) entries)
    {
        var places = ids - Scalars.Of(entries.Start);
        var inside = places.clamp(Scalars.Of(0), Scalars.Of(entries.Length - 1));
        return (inside, inside.ne(places));
    }

    private static (Tensor LogProbs, Tensor Entropies, Tensor Normaliser) ForwardRows(
        HeadTerms terms, Tensor ids, long start, HeadTile tile, TileBuffers buffers, Tensor[]? slopes)
    {
        Tensor? largest = null; // each [rows, 1]
        Tensor? sum = null;     // Σ exp(z − largest)
        Tensor? mean = null;    // Σ exp(z − largest) (z − largest)
        Tensor? chosen = null;  // z of the token
        foreach (var entries in HeadTile.Cut(terms.Products[0].Weight.shape[0], tile.Vocabulary))
        {
            using var scope = NewDisposeScope();
            var z = buffers.Logits(terms, (start, ids.shape[0]), entries);
            var (places, elsewhere) = Find(ids, entries);
            var here = z.gather(1, places).masked_fill_(elsewhere, Scalars.Of(0));
            var top = z.amax([1], keepdim: true);
            var raised = (largest?.maximum(top) ?? top).clamp_min(Scalars.Of(float.MinValue)); // of minus infinity nothing can be taken
            var weights = buffers.Exp(z.sub_(raised));
            var part = weights.sum(1, keepdim: true);
            Expect(slopes, terms, entries, weights, largest is null ? null : largest - raised);
            var partMean = weights.mul_(z).sum(1, keepdim: true);
            if (largest is not null)
            {
                var shift = largest - raised; // 0 or below
                var scale = shift.exp();
                partMean = partMean.Plus_(mean!.Plus_(sum! * shift).mul_(scale));
                part = part.Plus_(sum!.mul_(scale));
                here = here.Plus_(chosen!);
            }

            (largest, sum, mean, chosen) = (Keep(raised, largest), Keep(part, sum), Keep(partMean, mean), Keep(here, chosen));
        }

        for (var i = 0; i < slopes?.Length; i++)
        {
            var weight = terms.Products[i].Weight;
            slopes[i].div_(sum!).sub_(weight.index(ids.squeeze(1))).neg_();
        }

        var log = sum!.log();
        return ((chosen! - largest!).sub_(log), log - (mean! / sum), cat([largest!, log], 1));
    }

    /// <summary>Adds a tile's share of Σ exp(z − largest) W.</summary>
    private static void Expect(Tensor[]? sums, HeadTerms terms, (long Start, long Length) entries, Tensor weights, Tensor? shift)
    {
        for (var i = 0; i < sums?.Length; i++)
        {
            (shift is null ? sums[i] : sums[i].mul_(shift.exp())).addmm_(weights, terms.Products[i].Weight.narrow(0, entries.Start, entries.Length));
        }
    }

    /// <summary>Takes a tile's result out of its scope in place of the last one's.</summary>
    private static Tensor Keep(Tensor result, Tensor? last)
    {
        last?.Dispose();
        return result.MoveToOuterDisposeScope();
    }
}
