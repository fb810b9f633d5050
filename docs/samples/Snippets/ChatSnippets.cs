using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.ML;
using Microsoft.ML.Grpo;

namespace Snippets;

/// <summary>What docs/chat.md shows, asked of the tiny model, and of a parrot where it takes a chat template.</summary>
internal static class ChatSnippets
{
    private static readonly string Tiny = Path.Combine(AppContext.BaseDirectory, "TinyAdder");

    public static async Task RunAsync()
    {
        var ml = new MLContext(seed: 1);
        await AskAsync(ml, Tiny).ConfigureAwait(false);
        using GrpoTransformer policy = ml.Transforms.LoadGrpoPolicy(Tiny);
        using IChatClient client = policy.AsIChatClient();
        await StreamAsync(client, CancellationToken.None).ConfigureAwait(false);
        using var parrot = new Parrot();
        await ConverseAsync(parrot).ConfigureAwait(false);
    }

    private static async Task AskAsync(MLContext ml, string model)
    {
        #region ChatAsk
        using GrpoTransformer policy = ml.Transforms.LoadGrpoPolicy(model);   // or what Fit or ml.Model.Load gave
        using IChatClient client = policy.AsIChatClient();

        ChatResponse answer = await client.GetResponseAsync("37+48=", new ChatOptions { MaxOutputTokens = 6 });
        Console.WriteLine($"{answer.Text} ({answer.FinishReason}, {answer.Usage?.OutputTokenCount} tokens)");
        #endregion
    }

    private static async Task StreamAsync(IChatClient client, CancellationToken cancellationToken)
    {
        #region ChatStream
        var options = new ChatOptions { Temperature = 0.7f, Seed = 3, MaxOutputTokens = 40, StopSequences = ["\n"] };
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("10+11=", options, cancellationToken))
        {
            Console.Write(update.Text);
        }
        #endregion

        Console.WriteLine();
    }

    private static async Task ConverseAsync(IChatClient client)
    {
        #region ChatConverse
        List<ChatMessage> conversation = [new(ChatRole.System, "Answer in one sentence.")];
        foreach (string question in new[] { "What is a mean?", "And a median?" })
        {
            conversation.Add(new(ChatRole.User, question));
            List<ChatResponseUpdate> updates = [];
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(conversation))
            {
                Console.Write(update.Text);
                updates.Add(update);
            }

            conversation.AddMessages(updates);   // no conversation is kept for you
        }
        #endregion

        Console.WriteLine($" ({conversation.Count} messages)");
    }

    /// <summary>Stands for a model with a chat template: repeats the question.</summary>
    private sealed class Parrot : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, messages.Last().Text)));

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            foreach (string word in messages.Last().Text.Split(' '))
            {
                yield return new(ChatRole.Assistant, $"{word} ");
            }
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
