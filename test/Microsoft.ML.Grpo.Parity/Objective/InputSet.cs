using System.Text.Json;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>A named set of <c>inputs.json</c>: a rollout, and what a network said of it. Rows are groups of <paramref name="GroupSize"/>, one after the other.</summary>
internal sealed record InputSet(
    int GroupSize,
    int[][] PromptIds,
    int[][] CompletionIds,
    double[][] SamplerLogProbs,
    double[][]? ModelTokens,
    double?[,] Scores,
    double[][] Lp,
    double[][] Old,
    double[][] Reference,
    double[][] Entropy)
{
    private const int Stop = 1;

    private static readonly string[] Fields = ["G", "prompt_ids", "completion_ids", "logprobs", "env_mask", "rewards", "lp", "old", "ref", "entropy"];

    public static InputSet Parse(string name, JsonElement json)
    {
        GoldenJson.RequireKnown(json, $"the input set '{name}'", Fields);
        return new(
            Field("G").GetInt32(),
            GoldenJson.IdRows(Field("prompt_ids")),
            GoldenJson.IdRows(Field("completion_ids")),
            GoldenJson.Rows(Field("logprobs")),
            GoldenJson.Optional(json, "env_mask") is { } mask ? GoldenJson.Rows(mask) : null,
            GoldenJson.Scores(Field("rewards")),
            GoldenJson.Rows(Field("lp")),
            GoldenJson.Rows(Field("old")),
            GoldenJson.Rows(Field("ref")),
            GoldenJson.Rows(Field("entropy")));

        JsonElement Field(string field) => GoldenJson.Field(json, field);
    }

    /// <summary>The rollout as the trainer holds it.</summary>
    /// <param name="options">How rewards become advantages.</param>
    /// <param name="saysLogProbs">Whether the sampler's log-probs are handed over.</param>
    public ScoredRollout Rollout(CaseOptions options, bool saysLogProbs)
    {
        var weights = options.Weights(Scores.GetLength(1));
        var rewards = new RewardTable(Scores, [.. weights.Select((_, function) => $"reward{function}")], weights);
        var advantages = options.Advantages(Scores, GroupSize);
        return new([.. PromptIds.Select((_, row) => Row(row, saysLogProbs))], GroupSize, rewards, advantages);
    }

    private RolloutRow Row(int row, bool saysLogProbs)
    {
        var completion = new Completion(
            CompletionIds[row],
            saysLogProbs ? SamplerLogProbs[row] : null,
            CompletionIds[row][^1] == Stop ? FinishReason.Stop : FinishReason.Length,
            ModelTokens is { } ofModel ? [.. ofModel[row].Select(written => written != 0)] : null);
        var prompt = new PreparedPrompt(new(row / GroupSize, "", new Dictionary<string, object?>()), PromptIds[row]);
        return new(prompt, completion, new("", "", completion.Ids, completion.FinishReason, prompt.Row.Row, row % GroupSize, prompt.Row.Columns));
    }
}
