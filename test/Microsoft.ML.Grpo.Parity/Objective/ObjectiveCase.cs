using System.Text.Json;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>A case of <c>cases.json</c>.</summary>
internal sealed record ObjectiveCase
{
    private static readonly string[] Fields =
    [
        "set", "options", "is_correction", "has_sampler_logprobs", "old_given", "passes", "accumulation_steps", "steps_per_generation", "mode", "advantages",
        "loss_mask", "num_items_in_batch", "importance_sampling_ratio", "loss", "grad_lp", "grad_entropy", "metrics", "entropy_state_before", "entropy_state_after",
    ];

    public required string Name { get; init; }

    public required string Set { get; init; }

    public required CaseOptions Options { get; init; }

    public required bool IsCorrected { get; init; }

    public required bool HasSamplerLogProbs { get; init; }

    /// <summary>Whether a scoring pass made the old log-probs; else the loss used the current ones, without gradient.</summary>
    public required bool OldGiven { get; init; }

    public required IReadOnlyList<string> Passes { get; init; }

    public required bool Training { get; init; }

    /// <summary>Slices of the update.</summary>
    public required int Accumulation { get; init; }

    /// <summary>Slices of the rollout.</summary>
    public required int Slices { get; init; }

    public required double[] Advantages { get; init; }

    public required double[][] LossMask { get; init; }

    public required double LossTokens { get; init; }

    public required double[][]? Correction { get; init; }

    public required double Loss { get; init; }

    public required double[][] LpGradient { get; init; }

    public required double[][]? EntropyGradient { get; init; }

    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    public required EntropyState? EntropyBefore { get; init; }

    public required EntropyState? EntropyAfter { get; init; }

    public static ObjectiveCase Parse(string name, JsonElement json)
    {
        GoldenJson.RequireKnown(json, "the case", Fields);
        var training = Field("mode").GetString() switch
        {
            "train" => true,
            "eval" => false,
            var other => throw new InvalidDataException($"mode is '{other}', neither train nor eval"),
        };
        return new()
        {
            Name = name,
            Set = Field("set").GetString()!,
            Options = CaseOptions.Parse(Field("options")),
            IsCorrected = Field("is_correction").GetBoolean(),
            HasSamplerLogProbs = Field("has_sampler_logprobs").GetBoolean(),
            OldGiven = Field("old_given").GetBoolean(),
            Passes = [.. Field("passes").EnumerateArray().Select(pass => pass.GetString()!)],
            Training = training,
            Accumulation = training ? Field("accumulation_steps").GetInt32() : 1,
            Slices = training ? Field("steps_per_generation").GetInt32() : 1,
            Advantages = GoldenJson.Numbers(Field("advantages")),
            LossMask = GoldenJson.Rows(Field("loss_mask")),
            LossTokens = Field("num_items_in_batch").GetDouble(),
            Correction = OptionalRows("importance_sampling_ratio"),
            Loss = Field("loss").GetDouble(),
            LpGradient = GoldenJson.Rows(Field("grad_lp")),
            EntropyGradient = OptionalRows("grad_entropy"),
            Metrics = Field("metrics").EnumerateObject().ToDictionary(metric => metric.Name, metric => GoldenJson.Number(metric.Value)),
            EntropyBefore = State("entropy_state_before"),
            EntropyAfter = State("entropy_state_after"),
        };

        JsonElement Field(string field) => GoldenJson.Field(json, field);
        double[][]? OptionalRows(string field) => GoldenJson.Optional(json, field) is { } rows ? GoldenJson.Rows(rows) : null;
        EntropyState? State(string field) => GoldenJson.Optional(json, field) is { } state ? new(state[0].GetDouble(), state[1].GetDouble()) : null;
    }
}
