using System.Text.Json;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>The tokenizer of the metadata: texts to ids and back.</summary>
internal static class GgufTextCheck
{
    public static void Run(GgufExpectation expected, Policy policy)
    {
        var number = 0;
        foreach (var text in expected.Items("encode"))
        {
            var ids = policy.Tokenizer.Encode(text.GetProperty("text").GetString()!, dropUnspellable: true);
            var wanted = GgufExpectation.Ids(text.GetProperty("ids"));
            expected.Report.Check($"encode {number}", ids.SequenceEqual(wanted), $"[{string.Join(", ", ids)}], wanted [{string.Join(", ", wanted)}]");
            Decoded(expected.Report, $"encode {number++}", wanted, text, policy);
        }

        number = 0;
        foreach (var tokens in expected.Items("decode"))
        {
            Decoded(expected.Report, $"decode {number++}", GgufExpectation.Ids(tokens.GetProperty("ids")), tokens, policy);
        }
    }

    private static void Decoded(Report report, string name, int[] ids, JsonElement wanted, Policy policy)
    {
        foreach (var (key, skip) in (ReadOnlySpan<(string, bool)>)[("decoded", false), ("decoded_skip_special", true)])
        {
            if (GgufExpectation.Find(wanted, key)?.GetString() is { } text)
            {
                var actual = policy.Tokenizer.Decode(ids, skip);
                report.Check($"{name} {key}", string.Equals(actual, text, StringComparison.Ordinal), JsonSerializer.Serialize(actual));
            }
        }
    }
}
