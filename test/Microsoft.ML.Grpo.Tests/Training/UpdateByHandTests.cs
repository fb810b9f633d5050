using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>
/// The whole loop against a plain computation: every row alone, full logits, the loss as the papers write it. AdamW with
/// both betas 0 and a large epsilon makes of a gradient g the change -lr g / (|g| + eps), from which nothing is lost.
/// </summary>
[TestClass]
public class UpdateByHandTests
{
    private const double Epsilon = 0.5;
    private const double Rate = 0.2;
    private const double Beta = 0.1;

    [TestMethod]
    [DataRow(LossType.Dapo, 1, false)]
    [DataRow(LossType.Dapo, 2, true)]
    [DataRow(LossType.Grpo, 1, true)]
    [DataRow(LossType.Grpo, 2, false)]
    public void Two_steps_give_the_weights_that_the_formulas_give(LossType type, int iterations, bool maskTruncated)
    {
        using var run = new TinyRun(o =>
        {
            (o.Steps, o.IterationsPerRollout, o.Shuffle) = (2, iterations, false);
            (o.Loss.Type, o.Loss.Beta, o.Loss.MaskTruncatedCompletions, o.Loss.EpsilonHigh) = (type, Beta, maskTruncated, 0.3);
            (o.Optimizer.LearningRate, o.Optimizer.Beta1, o.Optimizer.Beta2, o.Optimizer.Epsilon, o.Optimizer.MaxGradientNorm) = (Rate, 0, 0, Epsilon, 0);
            (o.Sampling.Temperature, o.Execution.MicroBatchTokens) = (0.8, 61);
        })
        { Engine = ScriptedEngine.Ragged(6) };
        var steps = run.Train().Steps;

        using var plain = TinyPolicy.Create();
        using var reference = TinyPolicy.Create();
        plain.Network.RequireGradients(true);
        double[][]? old = null;
        for (var step = 0; step < 2; step++)
        {
            using var scope = NewDisposeScope();
            var rollout = step / iterations;
            var rows = Rows(rollout, maskTruncated);
            old = step % iterations == 0 ? [.. rows.Select(r => Near.Doubles(LogProbs(plain.Network, r)))] : old;
            var tokens = rows.Sum(r => r.Carries ? r.Ids.Length : 0);
            var loss = zeros(1, ScalarType.Float64);
            for (var i = 0; i < rows.Length; i++)
            {
                var lp = LogProbs(plain.Network, rows[i]);
                var ratio = (lp - tensor(old![i])).exp();
                var surrogate = -minimum(ratio * Scalars.Of(rows[i].Advantage), ratio.clamp(Scalars.Of(0.8), Scalars.Of(1.3)) * Scalars.Of(rows[i].Advantage));
                var difference = LogProbs(reference.Network, rows[i]).detach() - lp;
                var kl = ratio * (difference.exp() - difference - Scalars.Of(1));
                var term = rows[i].Carries ? surrogate.Plus(kl * Scalars.Of(Beta)) : surrogate * Scalars.Of(0);
                loss = loss.Plus(type == LossType.Dapo ? term.sum() / Scalars.Of(tokens) : term.mean() / Scalars.Of(rows.Length));
            }

            Assert.AreEqual(loss.item<double>(), steps[step]["loss"], 1e-10);
            loss.backward();
            Update(plain.Network);
        }

        var distance = run.Weights.Zip(TinyPolicy.Weights(plain), (a, b) => Math.Abs(a - b)).Max();
        Assert.IsTrue(distance <= 1e-10, $"difference {distance}");
        using var start = TinyPolicy.Create();
        Assert.IsTrue(run.Weights.Zip(TinyPolicy.Weights(start), (a, b) => Math.Abs(a - b)).Max() > 1e-3);
    }

    private sealed record Row(IReadOnlyList<int> Prompt, int[] Ids, double Advantage, bool Carries);

    private static Row[] Rows(int rollout, bool maskTruncated)
    {
        using var policy = TinyPolicy.Create();
        var rows = new List<Row>();
        for (var place = 0; place < 4; place++)
        {
            var prompt = new RolloutPrompt(place, policy.Prompts.Build(TinyRun.Prompts(10)[(rollout * 4) + place].Prompt));
            var request = new RolloutRequest([prompt], 4, new() { MaxTokens = 6, StopIds = new HashSet<int>() }, new(0), DrawPurpose.Training, rollout);
            var group = ScriptedEngine.Ragged(6).SampleAsync(request, default).AsTask().GetAwaiter().GetResult()[0];
            var rewards = group.Completions.Select(c => c.Ids.Count(i => i < 128) / (double)c.Ids.Count).ToArray();
            var mean = rewards.Average();
            var std = Math.Sqrt(rewards.Sum(r => (r - mean) * (r - mean)) / 3);
            rows.AddRange(group.Completions.Select((c, i) =>
                new Row(prompt.Ids, [.. c.Ids], (rewards[i] - mean) / (std + 1e-4), !maskTruncated || c.FinishReason == FinishReason.Stop)));
        }

        return [.. rows];
    }

    private static Tensor LogProbs(CausalLM model, Row row)
    {
        var ids = tensor(row.Prompt.Concat(row.Ids).Select(i => (long)i).ToArray()).unsqueeze(0);      // [1, P + C]
        var logits = model.Logits(model.Hidden(ids))[0] / Scalars.Of(0.8);                                         // [P + C, V]
        var all = nn.functional.log_softmax(logits, 1).narrow(0, row.Prompt.Count - 1, row.Ids.Length);  // [C, V]
        return all.gather(1, tensor(row.Ids.Select(i => (long)i).ToArray()).unsqueeze(1)).squeeze(1);
    }

    private static void Update(CausalLM model)
    {
        using var noGrad = no_grad();
        foreach (var weight in model.Parameters.Values)
        {
            var gradient = weight.grad!;
            weight.sub_(gradient * Scalars.Of(Rate) / gradient.abs().Plus(Scalars.Of(Epsilon)));
            gradient.zero_();
        }
    }
}
