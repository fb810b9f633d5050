using System.Security.Cryptography;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>All cases of one GGUF model.</summary>
internal static class GgufCheck
{
    public static void Run(GgufExpectation expected, string path)
    {
        DequantisationCheck.Run(expected);
        if (expected.Find("sha256")?.GetString() is { } wanted)
        {
            using var file = File.OpenRead(path);
            expected.Report.Check("sha256 of the model", Convert.ToHexStringLower(SHA256.HashData(file)) == wanted, path);
        }

        using (var policy = Load(path, ScalarType.Float32))
        {
            PermutationCheck.Run(expected, policy.Network);
            GgufTextCheck.Run(expected, policy);
            GgufStatesCheck.Run(expected, policy);
            GgufPromptCheck.Run(expected, policy);
            GgufGradientCheck.Run(expected, policy);
        }

        using var exact = Load(path, ScalarType.Float64);
        GgufPromptCheck.RunExact(expected, exact);
        GgufGradientCheck.RunExact(expected, exact);
    }

    private static Policy Load(string path, ScalarType type) => Policy.Load(path, type, CPU, PromptFormat.Auto, null, []);
}
