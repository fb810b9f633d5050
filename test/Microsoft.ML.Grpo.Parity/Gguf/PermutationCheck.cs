using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>The order of the rows of q and k.</summary>
internal static class PermutationCheck
{
    private const string Key = "model.layers.0.self_attn.k_proj.weight";

    public static void Run(GgufExpectation expected, CausalLM network)
    {
        if (expected.Find("qk_permutation") is not { } permutation)
        {
            return;
        }

        using var scope = NewDisposeScope();
        if (GgufExpectation.Find(permutation, "order") is { } order)
        {
            var (heads, size) = (network.Config.KeyValueHeads, network.Config.HeadSize);
            var rows = GgufRows.ToHuggingFace(Key, arange((long)heads * size), network.Config).view(heads, size)[0];
            var back = GgufRows.ToGguf(Key, GgufRows.ToHuggingFace(Key, arange((long)heads * size), network.Config), network.Config);
            expected.Report.Check("qk_permutation order", rows.data<long>().Select(row => (int)row).SequenceEqual(GgufExpectation.Ids(order)), "rows of a head");
            expected.Report.Check("qk_permutation there and back", back.Equals(arange((long)heads * size)), "rows of all heads");
        }

        if (GgufExpectation.Find(permutation, "k_proj_layer0_hf_rows_0_1_32_first_4") is { } values)
        {
            var rows = network.Parameters[Key].index_select(0, tensor([0L, 1L, 32L])).narrow(1, 0, 4).contiguous();
            expected.Report.Check(
                "qk_permutation values", rows.data<float>().SequenceEqual(values.EnumerateArray().SelectMany(GgufExpectation.Numbers).Select(value => (float)value)), Key);
        }
    }
}
