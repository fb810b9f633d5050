using System.Text.Json;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>A case of <c>objective/cases.json</c> with its input set, as this library's own types.</summary>
internal sealed class GoldenCase(string name, JsonElement json, JsonElement set)
{
    private static readonly HashSet<string> KnownOptions =
    [
        "loss_type", "epsilon", "epsilon_high", "beta", "use_bias_correction_kl", "mask_truncated_completions", "per_device_eval_batch_size",
        "sapo_temperature_pos", "sapo_temperature_neg", "vespo_k_pos", "vespo_lambda_pos", "vespo_k_neg", "vespo_lambda_neg",
    ];

    internal string Name => name;

    internal JsonElement Json => json;

    internal bool IsCorrected => json.GetProperty("is_correction").GetBoolean();

    /// <summary>Whether the case uses only what the objective has.</summary>
    internal bool IsCovered =>
        !IsCorrected
        && json.GetProperty("options").EnumerateObject().All(option => KnownOptions.Contains(option.Name));

    internal ObjectiveSettings Settings
    {
        get
        {
            double low = Option("epsilon")?.GetDouble() ?? 0.2;
            return new ObjectiveSettings
            {
                EpsilonLow = low,
                EpsilonHigh = Option("epsilon_high")?.GetDouble() ?? low,
                Beta = Option("beta")?.GetDouble() ?? 0,
                BiasCorrectedKl = Option("use_bias_correction_kl")?.GetBoolean() ?? true,
            };
        }
    }

    internal PolicyLoss Loss
    {
        get
        {
            var (low, high) = (Settings.EpsilonLow, Settings.EpsilonHigh);
            return Option("loss_type")!.Value.GetString() switch
            {
                "grpo" => PolicyLoss.For(Settings with { LossType = LossType.Grpo }),
                "dapo" => PolicyLoss.For(Settings with { LossType = LossType.Dapo }),
                "bnpo" => new BnpoLoss(low, high),
                "dr_grpo" => new DrGrpoLoss(low, high),
                "luspo" => new LuspoLoss(low, high),
                "cispo" => new CispoLoss(high),
                "sapo" => new SapoLoss(Number("sapo_temperature_pos", 1), Number("sapo_temperature_neg", 1.05)),
                "vespo" => new VespoLoss(
                    new VespoShape(Number("vespo_k_pos", 2), Number("vespo_lambda_pos", 3)),
                    new VespoShape(Number("vespo_k_neg", 3), Number("vespo_lambda_neg", 2))),
                var other => throw new InvalidDataException($"{Name}: unknown loss_type {other}."),
            };
        }
    }

    internal LossScale Scale
    {
        get
        {
            bool training = json.GetProperty("mode").GetString() == "train";
            return new LossScale(
                json.GetProperty("advantages").GetArrayLength(),
                json.GetProperty("num_items_in_batch").GetDouble(),
                training ? json.GetProperty("accumulation_steps").GetInt32() : 1,
                training ? json.GetProperty("steps_per_generation").GetInt32() : 1)
            {
                SliceTokens = json.GetProperty("loss_mask").EnumerateArray().SelectMany(row => row.EnumerateArray()).Sum(m => m.GetDouble()),
                MaxCompletionTokens = 32,
            };
        }
    }

    /// <summary>Reads every case of a directory in the reference data's format.</summary>
    internal static List<GoldenCase> Read(string directory)
    {
        JsonElement cases = Parse(Path.Combine(directory, "cases.json"));
        JsonElement sets = Parse(Path.Combine(directory, "inputs.json"));
        return [.. cases.EnumerateObject().Select(
            one => new GoldenCase(one.Name, one.Value, sets.GetProperty(one.Value.GetProperty("set").GetString()!)))];
    }

    internal static JsonElement Parse(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }

    /// <summary>Float64 inputs, of the current dispose scope; <c>Lp</c> asks for its gradient.</summary>
    internal LossInputs Inputs()
    {
        Tensor mask = Padded(json.GetProperty("loss_mask"), 0);
        int width = (int)mask.shape[1];
        return new LossInputs(
            Padded(set.GetProperty("lp"), 0, width).requires_grad_(),
            json.GetProperty("old_given").GetBoolean() ? Padded(set.GetProperty("old"), 0, width) : null,
            Padded(set.GetProperty("logprobs"), double.NaN, width),
            Padded(set.GetProperty("ref"), 0, width),
            tensor(json.GetProperty("advantages").EnumerateArray().Select(a => a.GetDouble()).ToArray()).unsqueeze(1),
            mask,
            Padded(set.GetProperty("entropy"), 0, width));
    }

    private double Number(string option, double otherwise) => Option(option)?.GetDouble() ?? otherwise;

    private JsonElement? Option(string option) =>
        json.GetProperty("options").TryGetProperty(option, out JsonElement value) ? value : null;

    private static Tensor Padded(JsonElement rows, double padding, int? width = null)
    {
        int columns = width ?? rows.EnumerateArray().Max(row => row.GetArrayLength());
        double[] values = [.. rows.EnumerateArray().SelectMany(row => row.EnumerateArray()
            .Select(value => value.ValueKind == JsonValueKind.Null ? double.NaN : value.GetDouble())
            .Concat(Enumerable.Repeat(padding, columns)).Take(columns))];
        return tensor(values).reshape(rows.GetArrayLength(), columns);
    }
}
