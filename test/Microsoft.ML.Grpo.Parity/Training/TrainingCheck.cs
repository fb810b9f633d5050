using System.Runtime.InteropServices;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>All lines of one recorded run; a run that cannot be read, or replayed as it was, is a failed case.</summary>
internal static class TrainingCheck
{
    /// <param name="path">The recording.</param>
    /// <param name="models">The folder of model directories.</param>
    /// <param name="report">Where to.</param>
    public static void Run(string path, string models, Report report)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        try
        {
            var run = RecordedRun.Read(path);
            foreach (var variant in ReplayVariant.Of(run))
            {
                Run(name + variant.Name, run, Path.Combine(models, run.Model), run.Lora ? Path.ChangeExtension(path, ".start.safetensors") : null, variant, report);
            }
        }
        catch (Exception exception) when (IsBadInput(exception))
        {
            report.Fail(name, exception.Message);
        }
    }

    private static void Run(string name, RecordedRun run, string model, string? adapter, ReplayVariant variant, Report report)
    {
        try
        {
            var replay = Replay.Run(run, model, adapter, variant);
            new RunComparison(name, run, replay, report).Write();
            WorkComparison.Write(name, run, replay, variant, report);
        }
        catch (Exception exception) when (IsBadInput(exception))
        {
            report.Fail(name, exception.Message);
        }
    }

    /// <summary>Files that are missing, damaged or unsupported, options that ours refuse, and whatever stops our run where the reference's went on.</summary>
    private static bool IsBadInput(Exception exception) =>
        exception is IOException or InvalidDataException or UnauthorizedAccessException or NotSupportedException or ArgumentException
            or GrpoOptionsException or TrainingException or RewardException or InvalidOperationException or ExternalException;
}
