using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>The norm of every parameter's gradient for the mean negative log-prob of a fixed completion.</summary>
internal static class GgufGradientCheck
{
    public static void Run(GgufExpectation expected, Policy policy)
    {
        if (expected.Find("gradients_capital") is not { } gradients)
        {
            return;
        }

        var bound = new Bound(Relative: expected.Tolerance("grad_norm_relative"));
        var (loss, norms) = Gradients(expected, policy.Network);
        expected.Report.Compare("gradient loss", loss, gradients.GetProperty("value").GetDouble(), new(expected.Tolerance("mean_logprob")));
        expected.Report.Compare("gradient total norm", Total(norms), gradients.GetProperty("total_norm").GetDouble(), bound);
        var wanted = gradients.GetProperty("norms").EnumerateObject().ToDictionary(norm => norm.Name, norm => norm.Value.GetDouble());
        expected.Report.Check("gradient names", wanted.Keys.ToHashSet().SetEquals(norms.Keys), $"{norms.Count}, wanted {wanted.Count}");
        foreach (var (name, norm) in wanted.Where(norm => norms.ContainsKey(norm.Key)))
        {
            expected.Report.Compare($"gradient {name}", norms[name], norm, bound);
        }
    }

    public static void RunExact(GgufExpectation expected, Policy policy)
    {
        if (expected.Find("gradients_capital") is not { } gradients || GgufExpectation.Find(gradients, "value_f64") is not { } value)
        {
            return;
        }

        var (loss, norms) = Gradients(expected, policy.Network);
        expected.Report.Compare("gradient loss f64", loss, value.GetDouble(), new(expected.Tolerance("mean_logprob")));
        expected.Report.Compare("gradient total norm f64", Total(norms), gradients.GetProperty("total_norm_f64").GetDouble(), new(Relative: expected.Tolerance("grad_norm_relative")));
    }

    private static (double Loss, Dictionary<string, double> Norms) Gradients(GgufExpectation expected, CausalLM network)
    {
        using var scope = NewDisposeScope();
        var prompt = GgufPromptCheck.Capital(expected);
        network.RequireGradients(true);
        var logProbs = GgufPromptCheck.LogProbs(network, GgufExpectation.Ids(prompt.GetProperty("prompt_ids")), GgufExpectation.Ids(prompt.GetProperty("completion_ids")));
        var loss = logProbs.mean().neg();
        loss.backward();
        return (loss.to(ScalarType.Float64).item<double>(), network.Parameters.ToDictionary(p => p.Key, p => p.Value.grad!.to(ScalarType.Float64).norm().item<double>()));
    }

    private static double Total(Dictionary<string, double> norms) => Math.Sqrt(norms.Values.Sum(norm => norm * norm));
}
