using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>A run that the reference implementation made, as a file of the folder tells it; names are those of the file, in C#'s spelling.</summary>
internal sealed record RecordedRun
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
    };

    /// <summary>Folder of the model that it starts from.</summary>
    public required string Model { get; init; }

    /// <summary>Number type of weights and arithmetic: float64 or float32.</summary>
    public required string Dtype { get; init; }

    /// <summary>Whether an adapter is trained in place of the weights.</summary>
    public required bool Lora { get; init; }

    /// <summary>Options by the reference's names; what is not named is the reference's default.</summary>
    public required IReadOnlyDictionary<string, JsonElement> Options { get; init; }

    /// <summary>What some options came to.</summary>
    public required IReadOnlyDictionary<string, JsonElement> Effective { get; init; }

    /// <summary>Whether the loss corrects for the sampler.</summary>
    public required bool IsCorrection { get; init; }

    /// <summary>Every batch that was sampled, in order.</summary>
    public required IReadOnlyList<RecordedBatch> GenerationBatches { get; init; }

    /// <summary>The permutation of the rows of each training batch.</summary>
    public required IReadOnlyList<IReadOnlyList<int>> Orders { get; init; }

    /// <summary>Every forward pass: purpose, input shape, attended tokens.</summary>
    public required IReadOnlyList<JsonElement> Passes { get; init; }

    /// <summary>The run before the first update, and after each.</summary>
    public required IReadOnlyList<RecordedStep> Steps { get; init; }

    /// <summary>The log: what was measured, by name; null: nothing was known.</summary>
    public required IReadOnlyList<IReadOnlyDictionary<string, double?>> Logs { get; init; }

    /// <summary>The optimizer's parameters by weight decay.</summary>
    public required IReadOnlyList<RecordedParameters> ParameterGroups { get; init; }

    /// <summary>The first weights of every trained parameter at the end.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<double>> SampleWeights { get; init; }

    /// <summary>Ranks of a data-parallel run; only 1 can be replayed.</summary>
    public int Processes { get; init; } = 1;

    [JsonIgnore]
    public IEnumerable<RecordedBatch> TrainingBatches => GenerationBatches.Where(batch => batch.Train);

    [JsonIgnore]
    public IEnumerable<RecordedBatch> EvaluationBatches => GenerationBatches.Where(batch => !batch.Train);

    /// <summary>Steps that were made.</summary>
    [JsonIgnore]
    public IEnumerable<RecordedStep> Updates => Steps.Skip(1);

    /// <summary>Reads a file and checks that its parts fit together.</summary>
    /// <exception cref="InvalidDataException">It is not a recorded run, or one that cannot be replayed; the message says why.</exception>
    public static RecordedRun Read(string path)
    {
        try
        {
            var run = JsonSerializer.Deserialize<RecordedRun>(File.ReadAllBytes(path), Format)
                ?? throw new InvalidDataException("it holds null, not a recorded run");
            RecordedRunCheck.Run(run);
            return run;
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"it is not a recorded run: {exception.Message}", exception);
        }
    }

    /// <summary>Tokens that the reference pushed through a model for purposes of a name.</summary>
    public long Tokens(params ReadOnlySpan<string> purposes)
    {
        var sum = 0L;
        foreach (var pass in Passes)
        {
            sum += purposes.Contains(pass[0].GetString()!) ? pass[2].GetInt64() : 0;
        }

        return sum;
    }
}

/// <summary>A batch that was sampled: whole groups, row by row.</summary>
internal sealed record RecordedBatch
{
    /// <summary>The prompt of each row, as text.</summary>
    public required IReadOnlyList<string> Prompts { get; init; }

    public required IReadOnlyList<IReadOnlyList<int>> PromptIds { get; init; }

    public required IReadOnlyList<IReadOnlyList<int>> CompletionIds { get; init; }

    /// <summary>The sampler's; null, of a token, a row or all of them: it did not say.</summary>
    public IReadOnlyList<IReadOnlyList<double?>?>? Logprobs { get; init; }

    /// <summary>Of each row, one a reward function; null: it could not judge.</summary>
    public required IReadOnlyList<IReadOnlyList<double?>> Rewards { get; init; }

    /// <summary>1 on tokens that the model wrote; null, of a row or all of them: all.</summary>
    public IReadOnlyList<IReadOnlyList<int>?>? EnvMask { get; init; }

    /// <summary>False: it was sampled for evaluation.</summary>
    public required bool Train { get; init; }

    [JsonIgnore]
    public int Rows => Prompts.Count;
}

/// <summary>The run after so many updates.</summary>
internal sealed record RecordedStep
{
    public required int Step { get; init; }

    /// <summary>L2 norm and sum of every trained parameter.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<double>> Weights { get; init; }

    /// <summary>The rate of each parameter group; null before the first update.</summary>
    public IReadOnlyList<double>? LrUsed { get; init; }

    /// <summary>Null before the first update.</summary>
    public double? GradientNormAfterClip { get; init; }

    /// <summary>Null before the first update.</summary>
    public IReadOnlyList<RecordedLoss>? MicroLosses { get; init; }
}

/// <summary>The loss of a slice, divided as it goes into the update.</summary>
internal sealed record RecordedLoss
{
    public required double Loss { get; init; }

    public required int Rows { get; init; }

    public required bool Train { get; init; }

    /// <summary>Slices of the update that it belongs to.</summary>
    public required int Accumulation { get; init; }
}

/// <summary>Parameters that share a weight decay.</summary>
internal sealed record RecordedParameters
{
    public required double WeightDecay { get; init; }

    public required IReadOnlyList<string> Parameters { get; init; }
}
