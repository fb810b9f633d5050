using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>
/// The reference's options, with every default of its own written out, so that none of ours leaks into a case. An option
/// that is not here, or a value that it cannot have, is an <see cref="InvalidDataException"/>.
/// </summary>
internal sealed class TrlOptions
{
    // TRL 1.16.0's defaults, but for max_completion_length, which is 32 in this reference data. The JSON is what a case may say instead.
    private static readonly Dictionary<string, string> Defaults = new()
    {
        ["loss_type"] = "\"dapo\"",
        ["epsilon"] = "0.2",
        ["epsilon_high"] = "null", // epsilon
        ["delta"] = "null",
        ["importance_sampling_level"] = "\"token\"",
        ["beta"] = "0.0",
        ["use_bias_correction_kl"] = "true",
        ["sapo_temperature_pos"] = "1.0",
        ["sapo_temperature_neg"] = "1.05",
        ["vespo_k_pos"] = "2.0",
        ["vespo_lambda_pos"] = "3.0",
        ["vespo_k_neg"] = "3.0",
        ["vespo_lambda_neg"] = "2.0",
        ["off_policy_mask_threshold"] = "null",
        ["top_entropy_quantile"] = "1.0",
        ["entropy_coef"] = "0.0",
        ["use_adaptive_entropy"] = "false",
        ["entropy_target"] = "0.2",
        ["entropy_coef_delta"] = "0.005",
        ["entropy_coef_min"] = "0.0",
        ["entropy_coef_max"] = "1.0",
        ["vllm_importance_sampling_mode"] = "\"sequence_mask\"",
        ["vllm_importance_sampling_clip_min"] = "null",
        ["vllm_importance_sampling_clip_max"] = "3.0",
        ["mask_truncated_completions"] = "false",
        ["max_completion_length"] = "32",
        ["scale_rewards"] = "\"group\"",
        ["multi_objective_aggregation"] = "\"sum_then_normalize\"",
        ["reward_weights"] = "null", // all 1
        ["per_device_eval_batch_size"] = "8", // rows of an evaluation's batch: the case has them already
    };

    private readonly Dictionary<string, JsonElement> _values;

    private TrlOptions(Dictionary<string, JsonElement> values) => _values = values;

    public static TrlOptions Parse(JsonElement given)
    {
        var values = Defaults.ToDictionary(one => one.Key, one => JsonElement.Parse(one.Value));
        GoldenJson.RequireKnown(given, "options", values.Keys);
        foreach (var option in given.EnumerateObject())
        {
            values[option.Name] = option.Value;
        }

        return new(values);
    }

    public bool MaskTruncated => Flag("mask_truncated_completions");

    public int MaxCompletionLength => _values["max_completion_length"].GetInt32();

    public ScaleRewards ScaleRewards => Choice(
        "scale_rewards", new Dictionary<string, ScaleRewards> { ["group"] = ScaleRewards.Group, ["batch"] = ScaleRewards.Batch, ["none"] = ScaleRewards.None });

    public RewardAggregation Aggregation => Choice("multi_objective_aggregation", new Dictionary<string, RewardAggregation>
    {
        ["sum_then_normalize"] = RewardAggregation.SumThenNormalize, ["normalize_then_sum"] = RewardAggregation.NormalizeThenSum,
    });

    public double[] WeightsOf(int functions) => _values["reward_weights"].ValueKind == JsonValueKind.Null
        ? [.. Enumerable.Repeat(1.0, functions)]
        : GoldenJson.Numbers(_values["reward_weights"]);

    public EntropyController EntropyController() => new(
        Number("entropy_coef"),
        Flag("use_adaptive_entropy") ? new(Number("entropy_target"), Number("entropy_coef_delta"), Number("entropy_coef_min"), Number("entropy_coef_max")) : null);

    /// <param name="correction">Whether the case corrects for its sampler.</param>
    public ObjectiveSettings Objective(bool correction) => new()
    {
        LossType = Choice("loss_type", new Dictionary<string, LossType>
        {
            ["dapo"] = LossType.Dapo, ["grpo"] = LossType.Grpo, ["bnpo"] = LossType.Bnpo, ["dr_grpo"] = LossType.DrGrpo,
            ["cispo"] = LossType.Cispo, ["sapo"] = LossType.Sapo, ["luspo"] = LossType.Luspo, ["vespo"] = LossType.Vespo,
        }),
        CustomLoss = null,
        RatioLevel = Choice("importance_sampling_level", new Dictionary<string, RatioLevel> { ["token"] = RatioLevel.Token, ["sequence"] = RatioLevel.Sequence }),
        EpsilonLow = Number("epsilon"),
        EpsilonHigh = NumberOrNull("epsilon_high") ?? Number("epsilon"),
        Delta = NumberOrNull("delta"),
        SapoTemperaturePositive = Number("sapo_temperature_pos"),
        SapoTemperatureNegative = Number("sapo_temperature_neg"),
        VespoPositive = new(Number("vespo_k_pos"), Number("vespo_lambda_pos")),
        VespoNegative = new(Number("vespo_k_neg"), Number("vespo_lambda_neg")),
        OffPolicyMaskThreshold = NumberOrNull("off_policy_mask_threshold"),
        TopEntropyQuantile = Number("top_entropy_quantile"),
        EntropyBonus = Number("entropy_coef") != 0 || Flag("use_adaptive_entropy"),
        Beta = Number("beta"),
        BiasCorrectedKl = Flag("use_bias_correction_kl"),
        Correction = correction ? Correction() : CorrectionSettings.Off,
    };

    private CorrectionSettings Correction() => new(
        Choice("vllm_importance_sampling_mode", new Dictionary<string, CorrectionMode>
        {
            ["token_truncate"] = CorrectionMode.TokenTruncate, ["token_mask"] = CorrectionMode.TokenMask,
            ["sequence_truncate"] = CorrectionMode.SequenceTruncate, ["sequence_mask"] = CorrectionMode.SequenceMask,
        }),
        NumberOrNull("vllm_importance_sampling_clip_min"),
        NumberOrNull("vllm_importance_sampling_clip_max"));

    private T Choice<T>(string name, Dictionary<string, T> choices) =>
        choices.TryGetValue(_values[name].GetString() ?? "", out var choice)
            ? choice
            : throw new InvalidDataException($"{name} is {_values[name].GetRawText()}, none of {string.Join(", ", choices.Keys)}");

    private double Number(string name) =>
        NumberOrNull(name) ?? throw new InvalidDataException($"{name} is null");

    private double? NumberOrNull(string name) => _values[name].ValueKind == JsonValueKind.Null
        ? null
        : double.Parse(_values[name].GetRawText(), CultureInfo.InvariantCulture);

    private bool Flag(string name) => _values[name].GetBoolean();
}
