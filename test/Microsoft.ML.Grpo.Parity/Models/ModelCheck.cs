using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>All cases of one model directory; a file that cannot be read or is not supported is a failed case.</summary>
internal static class ModelCheck
{
    /// <param name="directory">Holds config.json and expected.safetensors.</param>
    /// <param name="second">Where model.safetensors is looked for if it is not there.</param>
    /// <param name="report">Where to.</param>
    public static void Run(string directory, string? second, Report report)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(directory));
        try
        {
            ConfigCheck.Run(name, directory, report);
            using var expected = new Expectation(Path.Combine(directory, ModelsCommand.Expected));
            foreach (var precision in Precision.All)
            {
                using var scope = NewDisposeScope();
                using var model = Load(directory, second, precision.Type);
                Run($"{name} {precision.Name}", model.Network, expected, precision, report);
            }
        }
        catch (Exception exception) when (IsBadInput(exception))
        {
            report.Fail(name, exception.Message);
        }
    }

    private static void Run(string name, CausalLM model, Expectation expected, Precision precision, Report report)
    {
        var context = new CheckContext(name, model, expected, precision, report);
        using (no_grad())
        {
            Guard("logits", LogitsCheck.Run);
            Guard("log-probs", c => Array.ForEach([.. c.Ways], LogProbsCheck.Run));
            Guard("long sequence", LongCheck.Run);
            Guard("greedy tokens", GreedyCheck.Run);
        }

        Guard("gradients", c => Array.ForEach([.. c.Ways], GradientCheck.Run));

        // What one check misses in the reference data does not hide the others.
        void Guard(string what, Action<CheckContext> check)
        {
            try
            {
                check(context);
            }
            catch (Exception exception) when (IsBadInput(exception))
            {
                report.Fail($"{name} {what}", exception.Message);
            }
        }
    }

    /// <summary>Files that are missing, damaged or unsupported, and tensors that libtorch refuses.</summary>
    internal static bool IsBadInput(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or ExternalException;

    private static PretrainedModel Load(string directory, string? second, ScalarType type)
    {
        if (second is null || File.Exists(Path.Combine(directory, ModelFiles.Weights)) || File.Exists(Path.Combine(directory, SafetensorsIndex.FileName)))
        {
            return PretrainedModel.Load(directory, type, CPU);
        }

        using var weights = WeightFile.Open(second);
        return PretrainedModel.Load(ModelFiles.Read(directory), weights, type, CPU);
    }
}
