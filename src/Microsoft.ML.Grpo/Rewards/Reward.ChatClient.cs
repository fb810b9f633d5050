using Microsoft.Extensions.AI;

namespace Microsoft.ML.Grpo;

public abstract partial class Reward
{
    /// <summary>A reward that a chat model gives: it is asked about each completion, and the score is read from its answer.</summary>
    /// <param name="judge">
    /// The client; not disposed. It is called from several threads at once. Retries, rate limits and time-outs are its own business: see the remarks.
    /// </param>
    /// <param name="prompt">
    /// What the judge is asked, as one user message. <c>{Prompt}</c> is the row's prompt and <c>{Completion}</c>, which must be there, the completion, whatever the data has columns of these names for; any other
    /// name in braces is a column of the data, text or a number. <c>{{</c> and <c>}}</c> are braces. What is filled in is not looked at again.
    /// </param>
    /// <param name="systemPrompt">A system message before it, as it is, braces too; <see langword="null"/> (default): none.</param>
    /// <param name="parse">
    /// The score in the judge's answer; <see langword="null"/> where there is none. It may be called from several threads at once. <see langword="null"/> (default):
    /// <see cref="JudgeScore.Between"/> from 0 to 10, so ask for such a number, or give <c>JudgeScore.Between(lowest, highest)</c>.
    /// </param>
    /// <param name="options">
    /// The options of each request, copied; <see langword="null"/> (default): the client's own. A temperature of 0 takes noise out of the scores, where the model has one.
    /// </param>
    /// <param name="maxConcurrency">Most requests at a time, from 1. Default: 8.</param>
    /// <param name="weight">Its factor in the sum of rewards.</param>
    /// <param name="name">Its name in metrics and errors; <c>judge</c> by default.</param>
    /// <returns>The reward.</returns>
    /// <remarks>
    /// <para>
    /// An answer without a score makes the completion one that this reward cannot judge, as does an answer that was cut off (a finish reason of <c>length</c> or
    /// <c>content_filter</c>), and a column without a value (NaN) in its row, for which nobody is asked.
    /// The metric <c>rewards/{name}/unscored</c> counts such completions.
    /// </para>
    /// <para>
    /// A client that throws ends the run, as any reward that throws: the other requests are cancelled, and the <see cref="RewardException"/> names the row. Nothing
    /// is asked twice here. Put retries into the client's own pipeline: its SDK's retry policy, or Microsoft.Extensions.Http.Resilience at its <c>HttpClient</c>.
    /// </para>
    /// <para>
    /// Completions are untrusted text to the judge, and the policy is rewarded for whatever moves it, instructions to the judge included. Nothing here prevents that.
    /// </para>
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// A brace of <paramref name="prompt"/> belongs to no placeholder, <c>{Completion}</c> is not in it, or a name is empty.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxConcurrency"/> is below 1, or the weight is not finite.</exception>
    public static Reward FromChatClient(
        IChatClient judge,
        string prompt,
        string? systemPrompt = null,
        Func<string, double?>? parse = null,
        ChatOptions? options = null,
        int maxConcurrency = 8,
        double weight = 1,
        string? name = null)
    {
        ArgumentNullException.ThrowIfNull(judge);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxConcurrency, 1);
        return new ChatClientReward(
            name ?? "judge", judge, new JudgePrompt(prompt, nameof(prompt)), systemPrompt, parse ?? JudgeScore.Between(0, 10), options, maxConcurrency, weight);
    }
}
