using System.Runtime.InteropServices;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>Rows of each GGML type: raw bytes to float32, equal to the bit.</summary>
internal static class DequantisationCheck
{
    public static void Run(GgufExpectation expected)
    {
        var number = 0;
        foreach (var row in expected.Items("ggml_rows"))
        {
            var (id, name) = (row.GetProperty("ggml_type_id").GetUInt32(), row.GetProperty("type").GetString());
            var line = $"row {number++} of {name}";
            var type = GgufType.Find(id);
            if (type is null || type.Name != name)
            {
                expected.Report.Fail(line, $"the type {id} is {type?.Name ?? "not read"} here");
                continue;
            }

            var raw = Convert.FromHexString(row.GetProperty("raw_hex").GetString()!);
            var values = new float[raw.Length / type.BlockBytes * type.BlockElements];
            type.Dequantize(raw, values);
            var wanted = Convert.FromHexString(row.GetProperty("f32_le_hex").GetString()!);
            var actual = MemoryMarshal.AsBytes<float>(values);
            var wrong = wanted.Length == actual.Length ? MemoryMarshal.Cast<byte, int>(wanted).ToArray().Zip(MemoryMarshal.Cast<byte, int>(actual).ToArray()).Count(pair => pair.First != pair.Second) : -1;
            expected.Report.Check(line, wrong == 0 && values.Length > 0, $"{wrong} of {values.Length} numbers differ in a bit");
        }
    }
}
