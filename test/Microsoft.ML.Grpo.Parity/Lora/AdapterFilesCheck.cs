using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>An adapter that is written and read back is the same, and its config says what the reference's says.</summary>
internal static class AdapterFilesCheck
{
    public static void Run(string directory, CheckContext context)
    {
        using var scope = NewDisposeScope();
        var copy = Directory.CreateTempSubdirectory("grpo-parity-").FullName;
        try
        {
            PeftDirectory.Save(copy, context.Model, context.Precision.Type);
            using var again = PeftDirectory.Load(copy, context.Model);
            var own = context.Model.Adapter!;
            var equal = own.Parameters.Keys.SequenceEqual(again.Parameters.Keys) && own.Parameters.All(p => p.Value.bytes.SequenceEqual(again.Parameters[p.Key].bytes));
            context.Report.Check($"{context.Name} {PeftNames.Weights}", equal, equal ? "written and read back equal, to the bit" : "changes when it is written and read back");
            CompareConfig(context, Path.Combine(directory, PeftNames.Config), Path.Combine(copy, PeftNames.Config));
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    private static void CompareConfig(CheckContext context, string reference, string written)
    {
        using var expected = JsonDocument.Parse(File.ReadAllBytes(reference));
        using var actual = JsonDocument.Parse(File.ReadAllBytes(written));
        var differing = actual.RootElement.EnumerateObject()
            .Where(own => !expected.RootElement.TryGetProperty(own.Name, out var value) || !JsonElement.DeepEquals(value, own.Value))
            .Select(own => own.Name)
            .ToList();
        context.Report.Check(
            $"{context.Name} {PeftNames.Config}", differing.Count == 0, differing.Count == 0 ? "every key that is written is the reference's" : $"differs in {string.Join(", ", differing)}");
    }
}
