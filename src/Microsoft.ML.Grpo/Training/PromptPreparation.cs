using Microsoft.Extensions.Logging;

namespace Microsoft.ML.Grpo;

/// <summary>Tokenizes the prompts and sees to those that are too long.</summary>
internal static class PromptPreparation
{
    /// <summary>Prepares every row.</summary>
    /// <exception cref="ArgumentException">A prompt is empty, or too long and <paramref name="overlong"/> is <see cref="OverlongPrompts.Error"/>.</exception>
    public static IReadOnlyList<PreparedPrompt> Prepare(IReadOnlyList<PromptRow> rows, Policy policy, int limit, OverlongPrompts overlong, ILogger logger)
    {
        var prepared = new List<PreparedPrompt>(rows.Count);
        var tooLong = 0;
        foreach (var row in rows)
        {
            if (string.IsNullOrWhiteSpace(row.Prompt))
            {
                throw new ArgumentException($"The prompt of row {row.Row} is empty. Fill the prompt column, or filter such rows out.", nameof(rows));
            }

            var ids = policy.Prompts.Build(row.Prompt);
            if (ids.Count > limit)
            {
                tooLong++;
                switch (overlong)
                {
                    case OverlongPrompts.Error:
                        throw new ArgumentException(
                            $"The prompt of row {row.Row} has {ids.Count} tokens, more than the {limit} that leave room for a completion (MaxPromptTokens, default the model's context less MaxCompletionTokens). "
                            + "Shorten it, lower MaxCompletionTokens, or set OverlongPrompts to Skip or TruncateLeft.", nameof(rows));
                    case OverlongPrompts.Skip:
                        continue;
                    default:
                        ids = [.. ids.Skip(ids.Count - limit)];
                        break;
                }
            }

            prepared.Add(new(row, ids));
        }

        if (tooLong > 0 && overlong == OverlongPrompts.Skip)
        {
            RunLog.PromptsSkipped(logger, tooLong, limit);
        }
        else if (tooLong > 0)
        {
            RunLog.PromptsTruncated(logger, tooLong, limit);
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
}
