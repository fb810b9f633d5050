using System.Text.Json;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>
/// The options of a recorded run, or of a case, by the reference's names: what its file names, over the reference's defaults (<see cref="TrlTables"/>).
/// An option that is in none of the tables, or one that could not be honoured, is an error.
/// </summary>
internal sealed class TrlOptions
{
    private readonly IReadOnlyDictionary<string, JsonElement> _named;

    /// <exception cref="NotSupportedException">An option is not known, or its value cannot be honoured.</exception>
    public TrlOptions(IReadOnlyDictionary<string, JsonElement> named)
    {
        _named = named;
        foreach (var (name, value) in named)
        {
            if (TrlTables.Fixed.TryGetValue(name, out var allowed))
            {
                if (!allowed.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value)))
                {
                    throw Refused(name, value, $"only {allowed.GetRawText()} can be replayed");
                }
            }
            else if (!TrlTables.Defaults.ContainsKey(name) && !TrlTables.WithoutEffect.Contains(name))
            {
                throw Refused(name, value, "no such option is known here");
            }
        }
    }

    public LossType LossType => Choice(
        "loss_type",
        ("grpo", LossType.Grpo), ("bnpo", LossType.Bnpo), ("dr_grpo", LossType.DrGrpo), ("dapo", LossType.Dapo),
        ("cispo", LossType.Cispo), ("sapo", LossType.Sapo), ("luspo", LossType.Luspo), ("vespo", LossType.Vespo));

    public RatioLevel RatioLevel => Choice("importance_sampling_level", ("token", RatioLevel.Token), ("sequence", RatioLevel.Sequence));

    public ScaleRewards ScaleRewards => Choice(
        "scale_rewards",
        ("group", ScaleRewards.Group), ("true", ScaleRewards.Group), ("batch", ScaleRewards.Batch), ("none", ScaleRewards.None), ("false", ScaleRewards.None));

    public RewardAggregation RewardAggregation => Choice(
        "multi_objective_aggregation", ("sum_then_normalize", RewardAggregation.SumThenNormalize), ("normalize_then_sum", RewardAggregation.NormalizeThenSum));

    /// <summary>The correction for the sampler, where it is on.</summary>
    public CorrectionSettings Correction => new(
        Choice(
            "vllm_importance_sampling_mode",
            ("token_truncate", CorrectionMode.TokenTruncate), ("token_mask", CorrectionMode.TokenMask),
            ("sequence_truncate", CorrectionMode.SequenceTruncate), ("sequence_mask", CorrectionMode.SequenceMask)),
        OptionalNumber("vllm_importance_sampling_clip_min"),
        OptionalNumber("vllm_importance_sampling_clip_max"));

    /// <summary>One weight a reward function; not named: 1 each.</summary>
    public IReadOnlyList<double> Weights(int functions) => Numbers("reward_weights") ?? [.. Enumerable.Repeat(1.0, functions)];

    public int Integer(string name) => Read(name, value => value.GetInt32());

    public int? OptionalInteger(string name) => IsNull(name) ? null : Integer(name);

    public double Number(string name) => Read(name, value => value.GetDouble());

    public double? OptionalNumber(string name) => IsNull(name) ? null : Number(name);

    public bool Flag(string name) => Read(name, value => value.GetBoolean());

    /// <summary>One value of an enumeration.</summary>
    /// <param name="name">The option.</param>
    /// <param name="values">What each of its values, as JSON writes it, means.</param>
    public T Choice<T>(string name, params ReadOnlySpan<(string Json, T Meaning)> values)
    {
        var json = Of(name);
        foreach (var (text, meaning) in values)
        {
            if (json.GetRawText() == text || (json.ValueKind == JsonValueKind.String && json.ValueEquals(text)))
            {
                return meaning;
            }
        }

        var known = new List<string>();
        foreach (var (text, _) in values)
        {
            known.Add(text);
        }

        throw Refused(name, json, $"none of {string.Join(", ", known)}");
    }

    private double[]? Numbers(string name) =>
        IsNull(name) ? null : Read(name, value => value.EnumerateArray().Select(item => item.GetDouble()).ToArray());

    private static NotSupportedException Refused(string name, JsonElement value, string why) =>
        new($"option {name} is {value.GetRawText()}: {why}");

    private bool IsNull(string name) => Of(name).ValueKind == JsonValueKind.Null;

    private JsonElement Of(string name) => _named.TryGetValue(name, out var value) ? value : TrlTables.Defaults[name];

    private T Read<T>(string name, Func<JsonElement, T> read)
    {
        var value = Of(name);
        try
        {
            return read(value);
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException)
        {
            throw Refused(name, value, "that is not a value of its type");
        }
    }
}
