using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>All cases of one adapter directory; a file that cannot be read or is not supported is a failed case.</summary>
internal static class LoraCheck
{
    private static readonly HashSet<string> Batch = new(StringComparer.Ordinal) { "input_ids", "attention_mask", "completion_ids", "completion_mask" };

    /// <param name="directory">Holds the adapter and expected.safetensors.</param>
    /// <param name="models">Holds the models, by their names.</param>
    /// <param name="report">Where to.</param>
    public static void Run(string directory, string models, Report report)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(directory));
        try
        {
            var file = Path.Combine(directory, PeftNames.Config);
            var model = PeftConfig.Read(file, File.ReadAllBytes(file)).BaseModel ?? throw new ModelFormatException(file, "names no model (base_model_name_or_path).");
            using var expected = new Expectation(Path.Combine(directory, ModelsCommand.Expected));
            foreach (var precision in Precision.All)
            {
                using var scope = NewDisposeScope();
                using var pretrained = PretrainedModel.Load(Path.Combine(models, model), precision.Type, CPU);
                Run(directory, new($"{name} {precision.Name}", pretrained.Network, expected, precision, report));
            }

            foreach (var key in expected.Keys.Where(key => !IsKnown(key)).Order(StringComparer.Ordinal))
            {
                report.Fail($"{name} {key}", "is reference data that nothing here compares");
            }
        }
        catch (Exception exception) when (ModelCheck.IsBadInput(exception))
        {
            report.Fail(name, exception.Message);
        }
    }

    private static void Run(string directory, CheckContext context)
    {
        var before = context.Model.Parameters.ToDictionary(p => p.Key, p => p.Value.detach().clone());
        context.Model.Attach(PeftDirectory.Load(directory, context.Model));
        using (no_grad())
        {
            Guard("logits", AdaptedCheck.Run);
            Guard("merged", MergedCheck.Run);
            Guard("files", c => AdapterFilesCheck.Run(directory, c));
        }

        Guard("gradients", c => Array.ForEach([.. c.Ways], GradientCheck.Run));
        var kept = before.All(p => p.Value.bytes.SequenceEqual(context.Model.Parameters[p.Key].bytes));
        context.Report.Check($"{context.Name} base", kept, kept ? "every weight is what it was, to the bit" : "a weight of the model has changed");

        // What one check misses in the reference data does not hide the others.
        void Guard(string what, Action<CheckContext> check)
        {
            try
            {
                check(context);
            }
            catch (Exception exception) when (ModelCheck.IsBadInput(exception))
            {
                context.Report.Fail($"{context.Name} {what}", exception.Message);
            }
        }
    }

    private static bool IsKnown(string key) =>
        Batch.Contains(key) || key is "padded.logits_f32" or "padded.logits_f64" or "sum_logps_f64" or "logps_t1.0_f64" or "logps_t0.7_f64"
        || key.StartsWith(MergedCheck.Prefix, StringComparison.Ordinal) || key.StartsWith(GradientCheck.Prefix, StringComparison.Ordinal);
}
