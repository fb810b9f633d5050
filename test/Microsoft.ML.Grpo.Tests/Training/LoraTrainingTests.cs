using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class LoraTrainingTests
{
    [TestMethod]
    public void A_run_changes_the_adapter_and_no_bit_of_the_base()
    {
        var policy = Adapted();
        var (network, gradients) = (policy.Network, 0);
        var bits = RandomAdapter.BaseBits(network);
        var before = AdapterWeights(policy);
        using var run = new TinyRun(o => o.StepsPerRollout = 2, policy: policy)
        {
            CheckHost = () =>
            {
                Assert.IsTrue(network.Parameters.Values.All(p => !p.requires_grad && p.grad is null));
                gradients += network.Trained.Values.Count(p => p.grad is not null);
            },
        };
        run.Train();
        Assert.IsGreaterThan(0, gradients);
        foreach (var (name, old) in bits)
        {
            CollectionAssert.AreEqual(old, network.Parameters[name].bytes.ToArray(), name);
        }

        Assert.IsGreaterThan(0.001, TinyPolicy.Distance(before, AdapterWeights(policy)));
        Assert.IsTrue(network.Trained.Values.All(p => !p.requires_grad && p.grad is null));
    }

    [TestMethod]
    public void A_new_adapter_learns()
    {
        using var run = new TinyRun(o => o.Optimizer.LearningRate = 0.02, policy: Adapted(zeroB: true));
        var summary = run.Train();
        Assert.IsGreaterThan(0, summary.Steps[0]["grad_norm"]);
        Assert.IsTrue(run.Policy.Network.Adapter!.Factors.Values.All(f => Near.Doubles(f.B).Any(b => b != 0)));
    }

    [TestMethod]
    public void The_adapter_does_not_depend_on_the_token_budget()
    {
        double[] After(int budget)
        {
            using var run = new TinyRun(o => o.Execution.MicroBatchTokens = budget, policy: Adapted());
            run.Train();
            return AdapterWeights(run.Policy);
        }

        Assert.IsLessThan(1e-10, TinyPolicy.Distance(After(4096), After(40)));
    }

    [TestMethod]
    public void With_dropout_too_it_does_not_and_evaluation_has_none()
    {
        (double[] Weights, double Drift) After(int budget, double dropout)
        {
            using var run = new TinyRun(o => (o.Execution.MicroBatchTokens, o.IterationsPerRollout) = (budget, 2), policy: Adapted(dropout: dropout)) { Validation = TinyRun.Prompts(2) };
            var summary = run.Train();
            Assert.AreEqual(0, summary.InitialEvaluation["eval_drift"]);
            return (AdapterWeights(run.Policy), summary.Steps[^1]["eval_drift"]);
        }

        var (together, drift) = After(4096, 0.3);
        var (apart, driftApart) = After(40, 0.3);
        Assert.IsLessThan(1e-10, TinyPolicy.Distance(together, apart));
        Assert.AreEqual(drift, driftApart, 1e-10);
        Assert.IsGreaterThan(1e-4, TinyPolicy.Distance(together, After(4096, 0).Weights));
    }

    [TestMethod]
    public void The_reference_is_the_model_without_the_adapter()
    {
        double FirstKl(bool zeroB)
        {
            using var run = new TinyRun(o => (o.Loss.Beta, o.Steps) = (0.1, 1), policy: Adapted(zeroB));
            var kl = run.Train().Steps[0]["kl"];
            Assert.AreEqual(1, run.Work.Passes(WorkPurpose.Reference));
            return kl;
        }

        Assert.AreEqual(0, FirstKl(zeroB: true));
        Assert.IsGreaterThan(0.001, FirstKl(zeroB: false));
    }

    [TestMethod]
    public void The_learning_rate_is_an_adapters_and_the_log_says_what_is_trained()
    {
        using var run = new TinyRun(o => o.Optimizer.LearningRate = null, policy: Adapted());
        Assert.AreEqual(2e-4, run.Train().Steps[0]["learning_rate"]);

        // By layer of the tiny policy: q and o 16 x 16, k and v 8 x 16, gate, up and down 24 and 16; rank 2 on 2 blocks.
        Assert.Contains("Adapter: rank 2, scale 2, dropout 0, on 14 layers (down_proj, gate_proj, k_proj, o_proj, q_proj, up_proj, v_proj); its 928 weights train, and no others.", run.Log.All);
        Assert.IsEmpty(run.Log.Warnings.Where(line => line.Contains("learning rate", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void The_log_says_what_the_reference_is()
    {
        string[] References(Action<GrpoOptions> change, Policy? policy = null)
        {
            using var run = new TinyRun(o =>
            {
                o.Steps = 1;
                change(o);
            }, policy: policy);
            run.Train();
            return [.. run.Log.All.Where(line => line.StartsWith("Reference: ", StringComparison.Ordinal))];
        }

        CollectionAssert.AreEqual(new[] { "Reference: the model without its adapter." }, References(o => o.Loss.Beta = 0.1, Adapted()));
        CollectionAssert.AreEqual(new[] { "Reference: a frozen copy of the policy before training." }, References(o => o.Loss.Beta = 0.1));
        CollectionAssert.AreEqual(new[] { "Reference: a copy that follows every 1 steps." }, References(o => (o.Loss.Beta, o.Reference.SyncEverySteps) = (0.1, 1)));
        Assert.IsEmpty(References(_ => { }));
    }

    [TestMethod]
    public void Matrices_of_an_adapter_decay_like_any()
    {
        using var policy = Adapted();
        Assert.IsTrue(policy.Network.Trained.Keys.All(PolicyOptimizer.Decays));
    }

    internal static Policy Adapted(bool zeroB = false, double dropout = 0)
    {
        var policy = TinyPolicy.Create(ScalarType.Float64);
        RandomAdapter.AttachTo(policy.Network, new(2, 4, Dropout: dropout), zeroB: zeroB);
        return policy;
    }

    private static double[] AdapterWeights(Policy policy) => [.. policy.Network.Trained.Values.SelectMany(Near.Doubles)];
}
