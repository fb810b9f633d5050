using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class PolicyOptimizerTests
{
    private static readonly Dictionary<string, bool> Decays = new()
    {
        ["model.embed_tokens.weight"] = true,
        ["lm_head.weight"] = true,
        ["model.layers.0.self_attn.q_proj.weight"] = true,
        ["model.layers.0.self_attn.q_proj.bias"] = false,
        ["model.layers.0.self_attn.q_norm.weight"] = false,
        ["model.layers.0.post_attention_layernorm.weight"] = false,
        ["model.norm.weight"] = false,
    };

    [TestMethod]
    public void Weights_decay_but_norms_and_biases_do_not()
    {
        foreach (var (name, decays) in Decays)
        {
            Assert.AreEqual(decays, PolicyOptimizer.Decays(name), name);
        }
    }

    [TestMethod]
    [DataRow(0.0, 0.0)]
    [DataRow(0.3, 0.0)]
    [DataRow(0.3, 2.0)]
    public void Steps_are_AdamWs_with_the_gradient_clipped_by_its_norm(double decay, double maxNorm)
    {
        var options = new OptimizerOptions { WeightDecay = decay, MaxGradientNorm = maxNorm, Beta1 = 0.8, Beta2 = 0.95, Epsilon = 1e-6 };
        var weights = Decays.Keys.ToDictionary(n => n, n => Enumerable.Range(0, 6).Select(i => Value(n, i)).ToArray());
        var parameters = weights.ToDictionary(w => w.Key, w => (Tensor)new Parameter(tensor(w.Value)).DetachFromDisposeScope());
        var (first, second) = (Decays.Keys.ToDictionary(n => n, _ => new double[6]), Decays.Keys.ToDictionary(n => n, _ => new double[6]));
        using (var optimizer = new PolicyOptimizer(parameters, options))
        {
            for (var step = 1; step <= 5; step++)
            {
                var rate = 0.01 * step;
                var gradients = Decays.Keys.ToDictionary(n => n, n => Enumerable.Range(0, 6).Select(i => Value(n, i + (10 * step)) * (step == 1 ? 0.1 : 1)).ToArray());
                foreach (var (name, parameter) in parameters)
                {
                    using var scope = NewDisposeScope();
                    (parameter * tensor(gradients[name])).sum().backward();
                }

                var norm = Math.Sqrt(gradients.Values.Sum(g => g.Sum(x => x * x)));
                var before = weights.ToDictionary(w => w.Key, w => w.Value.ToArray());
                var clip = maxNorm > 0 ? Math.Min(1, maxNorm / (norm + 1e-6)) : 1;
                foreach (var name in Decays.Keys)
                {
                    for (var i = 0; i < 6; i++)
                    {
                        var g = gradients[name][i] * clip;
                        first[name][i] = (0.8 * first[name][i]) + (0.2 * g);
                        second[name][i] = (0.95 * second[name][i]) + (0.05 * g * g);
                        var (m, v) = (first[name][i] / (1 - Math.Pow(0.8, step)), second[name][i] / (1 - Math.Pow(0.95, step)));
                        weights[name][i] = (weights[name][i] * (1 - (Decays[name] ? rate * decay : 0))) - (rate * m / (Math.Sqrt(v) + 1e-6));
                    }
                }

                var measured = optimizer.ClipGradients();
                Assert.AreEqual(norm, measured, 1e-12);
                var update = optimizer.Step(measured, rate);
                Assert.AreEqual(maxNorm > 0 && norm > maxNorm, update.Clipped);
                Assert.AreEqual(rate, update.LearningRate);
                var change = Math.Sqrt(Decays.Keys.Sum(n => weights[n].Zip(before[n], (a, b) => (a - b) * (a - b)).Sum()));
                Assert.AreEqual(change / Math.Sqrt(before.Values.Sum(w => w.Sum(x => x * x))), update.UpdateRatio, 1e-12);
                foreach (var (name, parameter) in parameters)
                {
                    Near.AreEqual(weights[name], Near.Doubles(parameter), 1e-12, $"{name} after step {step}");
                }
            }
        }

        foreach (var parameter in parameters.Values)
        {
            Assert.IsFalse(parameter.IsInvalid, "The optimizer does not own the weights.");
            parameter.Dispose();
        }
    }

    private static double Value(string name, int i) => Math.Sin((name.Length * 1.7) + (i * 2.3)) * 0.9;
}
