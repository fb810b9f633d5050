using System.Text.Json;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>A case's options as the objective takes them, with every default the reference's, so that none of ours leaks into a case.</summary>
internal sealed class CaseOptions
{
    private const string Length = "max_completion_length";

    private readonly TrlOptions _trl;

    /// <exception cref="NotSupportedException">An option is not known, or its value cannot be honoured.</exception>
    public CaseOptions(IReadOnlyDictionary<string, JsonElement> named)
    {
        // In this reference data it is 32 where a case says nothing.
        var given = new Dictionary<string, JsonElement>(named);
        given.TryAdd(Length, JsonSerializer.SerializeToElement(32));
        _trl = new(given);
    }

    public bool MaskTruncated => _trl.Flag("mask_truncated_completions");

    public int MaxCompletionLength => _trl.Integer(Length);

    public static CaseOptions Parse(JsonElement given) => new(given.EnumerateObject().ToDictionary(option => option.Name, option => option.Value));

    public IReadOnlyList<double> Weights(int functions) => _trl.Weights(functions);

    public AdvantageTable Advantages(double?[,] scores, int groupSize) =>
        Grpo.Advantages.Compute(scores, Weights(scores.GetLength(1)), groupSize, _trl.ScaleRewards, _trl.RewardAggregation);

    public EntropyController EntropyController() => new(
        _trl.Number("entropy_coef"),
        _trl.Flag("use_adaptive_entropy") ? new(_trl.Number("entropy_target"), _trl.Number("entropy_coef_delta"), _trl.Number("entropy_coef_min"), _trl.Number("entropy_coef_max")) : null);

    /// <param name="correction">Whether the case corrects for its sampler.</param>
    public ObjectiveSettings Objective(bool correction) => new()
    {
        LossType = _trl.LossType,
        CustomLoss = null,
        RatioLevel = _trl.RatioLevel,
        EpsilonLow = _trl.Number("epsilon"),
        EpsilonHigh = _trl.OptionalNumber("epsilon_high") ?? _trl.Number("epsilon"),
        Delta = _trl.OptionalNumber("delta"),
        SapoTemperaturePositive = _trl.Number("sapo_temperature_pos"),
        SapoTemperatureNegative = _trl.Number("sapo_temperature_neg"),
        VespoPositive = new(_trl.Number("vespo_k_pos"), _trl.Number("vespo_lambda_pos")),
        VespoNegative = new(_trl.Number("vespo_k_neg"), _trl.Number("vespo_lambda_neg")),
        OffPolicyMaskThreshold = _trl.OptionalNumber("off_policy_mask_threshold"),
        TopEntropyQuantile = _trl.Number("top_entropy_quantile"),
        EntropyBonus = _trl.Number("entropy_coef") != 0 || _trl.Flag("use_adaptive_entropy"),
        Beta = _trl.Number("beta"),
        BiasCorrectedKl = _trl.Flag("use_bias_correction_kl"),
        Correction = correction ? _trl.Correction : CorrectionSettings.Off,
    };
}
