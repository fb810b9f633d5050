using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>
/// Data of ten rows whose tokens are each row's own, prompt and completions: then what <see cref="BiasedByInputLM"/> makes
/// of a row's input is a fixed move of its tokens' embeddings, and a network of ids alone can be given the same effect.
/// </summary>
internal static class PartitionedTokens
{
    private const int Rows = 10;
    private const int FirstLetter = 'a'; // ids are bytes
    private const int FirstCompletionId = 110;
    private const int IdsOfRow = 14;

    /// <summary>The rows, with their inputs or without; two have none.</summary>
    /// <param name="inputs">Whether they have inputs.</param>
    /// <param name="turn">How many rows on each input is moved.</param>
    public static IReadOnlyList<PromptRow> Data(bool inputs, int turn = 0) =>
        [.. TinyRun.Prompts(Rows).Select(p => p with { Further = inputs ? Input((int)(p.Row + turn) % Rows) : null })];

    /// <summary>A policy that reads inputs, or one of ids alone that computes the same for <see cref="Data"/>.</summary>
    /// <remarks>The head is not tied: it would be moved along with the embeddings.</remarks>
    public static Policy Policy(bool readsInputs)
    {
        var policy = TinyPolicy.Create(tied: false, network: readsInputs ? (config, weights) => new BiasedByInputLM(config, weights) : null);
        if (!readsInputs)
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            policy.Network.Parameters[ModelWeights.Embedding].Plus_(Moves(policy.Network.Config));
        }

        return policy;
    }

    /// <summary>[V, hidden] how the input of the row that has a token moves its embedding.</summary>
    public static Tensor Moves(ModelConfig config)
    {
        using var scope = NewDisposeScope();
        var inputs = zeros(config.VocabularySize, 1, ScalarType.Float64); // [V, 1]
        foreach (var row in Enumerable.Range(0, Rows))
        {
            int[] ids = [FirstLetter + row, .. Enumerable.Range(FirstCompletionId + (row * IdsOfRow), IdsOfRow)];
            inputs.index_fill_(0, tensor(ids.Select(i => (long)i).ToArray()), Scalars.Of(Input(row) ?? 0));
        }

        return (inputs * BiasedByInputLM.Direction(config.HiddenSize, ScalarType.Float64, CPU)).MoveToOuterDisposeScope();
    }

    private static double? Input(int row) => row % 4 == 3 ? null : (row % 2 == 0 ? 0.3 : -0.4) * (row + 1);

    /// <summary>Makes completions up, each of the tokens of its prompt's row; three in ten were cut.</summary>
    internal sealed class Engine : IRolloutEngine
    {
        public ValueTask<IReadOnlyList<PromptGroup>> SampleAsync(RolloutRequest request, CancellationToken cancellationToken) => new(
            [.. request.Prompts.Select(prompt => new PromptGroup(prompt, [.. Enumerable.Range(0, request.GroupSize).Select(generation => Complete(request, prompt, generation))]))]);

        private static Completion Complete(RolloutRequest request, RolloutPrompt prompt, int generation)
        {
            double Draw(int position) => request.Random.Uniform(DrawPurpose.Check, request.Rollout, prompt.Place, generation, position);
            var first = FirstCompletionId + ((prompt.Ids[0] - FirstLetter) * IdsOfRow);
            int[] ids = [.. Enumerable.Range(1, 1 + (int)(Draw(0) * 6)).Select(t => first + (int)(Draw(t) * IdsOfRow))];
            return new(ids, [.. ids.Select((_, t) => -6 + Draw(50 + t))], Draw(100) < 0.3 ? FinishReason.Length : FinishReason.Stop);
        }
    }
}
