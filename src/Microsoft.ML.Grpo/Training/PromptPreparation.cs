using Microsoft.Extensions.Logging;

namespace Microsoft.ML.Grpo;

/// <summary>Tokenizes the prompts and sees to those that are too long.</summary>
internal static class PromptPreparation
{
    public const string TrainingData = "training data";
    public const string ValidationData = "validation data";

    /// <summary>Prepares every row.</summary>
    /// <param name="rows">The rows; at least one.</param>
    /// <param name="policy">The policy that will read them.</param>
    /// <param name="limit">The most tokens that a prompt may have.</param>
    /// <param name="overlong">What becomes of prompts with more.</param>
    /// <param name="logger">Hears how many were left out or cut.</param>
    /// <param name="what">What the data is, for errors.</param>
    /// <exception cref="ArgumentException">
    /// A prompt is empty, or too long and <paramref name="overlong"/> is <see cref="OverlongPrompts.Error"/> (<see cref="OverlongPromptException"/>), or cannot be cut so far, or at all since it has a further input;
    /// or all are too long and left out.
    /// </exception>
    public static IReadOnlyList<PreparedPrompt> Prepare(
        IReadOnlyList<PromptRow> rows, Policy policy, int limit, OverlongPrompts overlong, ILogger logger, string what = TrainingData)
    {
        var prepared = new List<PreparedPrompt>(rows.Count);
        var tooLong = 0;
        foreach (var row in rows)
        {
            if (string.IsNullOrWhiteSpace(row.Prompt))
            {
                throw new ArgumentException($"The prompt of row {row.Row} (counted from 0) of the {what} is empty. Fill the prompt column, or filter such rows out.");
            }

            var ids = policy.Prompts.Build(row.Prompt);
            if (ids.Count > limit)
            {
                tooLong++;
                switch (overlong)
                {
                    case OverlongPrompts.Error:
                        throw new OverlongPromptException(row.Row, what == ValidationData, ids.Count, limit, what);
                    case OverlongPrompts.Skip:
                        continue;
                    default:
                        if (row.Further is not null)
                        {
                            throw new ArgumentException(
                                $"The prompt of row {row.Row} (counted from 0) of the {what} has {ids.Count} tokens, more than the {limit} that leave room for a completion, and cannot be cut: "
                                + "it has a further input, which may belong to what would be lost. Shorten it, lower MaxCompletionTokens, or set OverlongPrompts to Skip.");
                        }

                        ids = policy.Prompts.BuildTruncated(row.Prompt, limit) ?? throw new ArgumentException(
                            $"The prompt of row {row.Row} (counted from 0) of the {what} cannot be cut to {limit} tokens (MaxPromptTokens, default the model's context less MaxCompletionTokens): "
                            + $"of those, {policy.Prompts.Overhead} go to what stands around its text, the chat template and the system prompt. Raise MaxPromptTokens, lower MaxCompletionTokens, or shorten SystemPrompt.");
                        break;
                }
            }

            prepared.Add(new(row, ids));
        }

        if (prepared.Count == 0)
        {
            throw new ArgumentException(
                $"All {rows.Count} prompts of the {what} are longer than {limit} tokens (MaxPromptTokens, default the model's context less MaxCompletionTokens), and OverlongPrompts.Skip leaves such prompts out. "
                + "Shorten them, raise MaxPromptTokens, lower MaxCompletionTokens, or set OverlongPrompts to TruncateLeft.");
        }

        if (tooLong > 0 && overlong == OverlongPrompts.Skip)
        {
            RunLog.PromptsSkipped(logger, tooLong, what, limit);
        }
        else if (tooLong > 0)
        {
            RunLog.PromptsTruncated(logger, tooLong, what, limit);
        }

        return prepared;
    }

    /// <summary>The longest prompt that leaves room for a completion.</summary>
    /// <exception cref="GrpoOptionsException">There is no room, or more is asked for than there is.</exception>
    public static int Limit(ModelConfig model, int maxCompletionTokens, int? maxPromptTokens)
    {
        var room = model.MaxPositions - maxCompletionTokens;
        if (room < 1)
        {
            throw new GrpoOptionsException([$"MaxCompletionTokens is {maxCompletionTokens}, but the model's context is {model.MaxPositions} tokens in all, prompt included. Set MaxCompletionTokens below {model.MaxPositions}."]);
        }

        return maxPromptTokens switch
        {
            null => room,
            { } limit when limit > room => throw new GrpoOptionsException([$"MaxPromptTokens is {limit}, but the model's context of {model.MaxPositions} tokens leaves {room} beside MaxCompletionTokens = {maxCompletionTokens}. Lower either."]),
            { } limit => limit,
        };
    }

    /// <summary>Looks whether the cache that is allowed has room for the fewest completions that are sampled together.</summary>
    /// <exception cref="GrpoOptionsException">It has not.</exception>
    public static void CheckCache(int? maxCacheTokens, IEnumerable<PreparedPrompt> prompts, int maxCompletionTokens, ModelConfig model)
    {
        if (maxCacheTokens is { } most
            && prompts.Max(p => DecodingBatches.RowTokens(new(0, p.Ids), maxCompletionTokens, model)) * DecodingBatches.SlotMultiple is var least && most < least)
        {
            throw new GrpoOptionsException([OptionRule.Text(
                $"Execution.MaxCacheTokens is {most}, but {DecodingBatches.SlotMultiple} completions of the longest prompt, the fewest that are sampled together, take {least} with MaxCompletionTokens = {maxCompletionTokens}, the held-out prompts included, lengths rounded up to {KeyValueCache.RoundUp(1)}. Set it to {least} or more, or leave it null.")]);
        }
    }
}
