using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>What each block hands on at the prompt's last place: its norm, and its first numbers as shares of that.</summary>
internal static class GgufStatesCheck
{
    public static void Run(GgufExpectation expected, Policy policy)
    {
        var wanted = expected.Items("hidden_states_capital_prompt_last_position").ToList();
        if (wanted.Count == 0)
        {
            return;
        }

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var ids = GgufExpectation.Ids(GgufPromptCheck.Capital(expected).GetProperty("prompt_ids"));
        var states = policy.Network.States(GgufPromptCheck.Row(ids));
        expected.Report.Check("hidden states", states.Count == wanted.Count, $"{states.Count}, wanted {wanted.Count}");
        var share = expected.Tolerance("hidden_relative_to_l2");
        foreach (var (state, numbers) in states.Zip(wanted))
        {
            var name = $"hidden state after {numbers.GetProperty("after").GetString()}";
            var last = state[0, -1];
            var norm = numbers.GetProperty("l2").GetDouble();
            expected.Report.Compare($"{name} l2", last.norm().item<float>(), norm, new(share * norm));
            var first = GgufExpectation.Numbers(numbers.GetProperty("first_4"));
            expected.Report.Compare(name, last.narrow(0, 0, first.Length), tensor(first), new(share * norm));
        }
    }
}
