using CsCheck;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class KlTests
{
    [TestMethod]
    public void K3_is_zero_where_the_policies_agree_and_not_negative_elsewhere() =>
        Gen.Select(Gen.Double[-8, 0], Gen.Double[-8, 0]).Sample(
            (p, q) =>
            {
                using var scope = NewDisposeScope();
                double k3 = Kl.K3(tensor(p), tensor(q)).item<double>();
                Assert.IsGreaterThanOrEqualTo(-1e-15, k3); // its rounding
                Assert.AreEqual(0.0, Kl.K3(tensor(p), tensor(p)).item<double>());
                Near.AreEqual(Math.Exp(q - p) - (q - p) - 1, k3, 1e-12, "k3");
            },
            iter: 50,
            threads: 1);

    [TestMethod]
    public void The_mean_of_k3_over_the_policys_own_tokens_is_the_divergence()
    {
        using var scope = NewDisposeScope();
        Tensor p = tensor(new[] { .5, .3, .2 });
        Tensor q = tensor(new[] { .2, .2, .6 });
        double divergence = (p * (p.log() - q.log())).sum().item<double>();
        double mean = (p * Kl.K3(p.log(), q.log())).sum().item<double>();
        Near.AreEqual(divergence, mean, 1e-14, "KL(p || q)");
    }
}
