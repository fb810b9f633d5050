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
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or KeyNotFoundException or System.Runtime.InteropServices.ExternalException)
        {
            report.Fail(name, exception.Message);
        }
    }

    private static void Run(string name, CausalLM model, Expectation expected, Precision precision, Report report)
    {
        var context = new CheckContext(name, model, expected, precision, report);
        using (no_grad())
        {
            LogitsCheck.Run(context);
            LogProbsCheck.Run(context);
            LongCheck.Run(context);
            GreedyCheck.Run(context);
        }

        GradientCheck.Run(context);
    }

    private static PretrainedModel Load(string directory, string? second, ScalarType type)
    {
        if (second is null || File.Exists(Path.Combine(directory, ModelFiles.Weights)))
        {
            return PretrainedModel.Load(directory, type, CPU);
        }

        return PretrainedModel.Load(ModelFiles.Read(directory), File.OpenRead(WeightFile.Find(second)), type, CPU);
    }
}
