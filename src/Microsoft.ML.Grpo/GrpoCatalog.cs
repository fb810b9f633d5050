using Microsoft.ML.Grpo;

namespace Microsoft.ML;

/// <summary>Adds GRPO post-training of language models to <see cref="MLContext"/>.</summary>
public static class GrpoCatalog
{
    /// <summary>Trains a language model by GRPO with default options: one epoch, groups of 8, 16 prompts a rollout.</summary>
    /// <param name="catalog">The catalog, <c>mlContext.Transforms</c>.</param>
    /// <param name="modelPath">A Hugging Face model directory: config.json, model.safetensors, tokenizer.json, tokenizer_config.json.</param>
    /// <param name="promptColumnName">The text column with prompts.</param>
    /// <param name="outputColumnName">The text column that the trained policy adds.</param>
    /// <param name="rewards">What completions are scored by; at least one.</param>
    /// <returns>The estimator; its <c>Fit</c> trains.</returns>
    /// <exception cref="GrpoOptionsException">There is no reward, or a name is empty.</exception>
    public static GrpoEstimator TrainGrpo(
        this TransformsCatalog catalog, string modelPath, string promptColumnName = "Prompt", string outputColumnName = "Completion", params Reward[] rewards)
    {
        ArgumentNullException.ThrowIfNull(rewards);
        var options = new GrpoOptions { ModelPath = modelPath, PromptColumnName = promptColumnName, OutputColumnName = outputColumnName };
        foreach (var reward in rewards)
        {
            options.Rewards.Add(reward);
        }

        return TrainGrpo(catalog, options);
    }

    /// <summary>Trains a language model by GRPO.</summary>
    /// <param name="catalog">The catalog, <c>mlContext.Transforms</c>.</param>
    /// <param name="options">The options; they are copied.</param>
    /// <returns>The estimator; its <c>Fit</c> trains.</returns>
    /// <exception cref="GrpoOptionsException">Options break rules; the message lists all of them.</exception>
    public static GrpoEstimator TrainGrpo(this TransformsCatalog catalog, GrpoOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        return new GrpoEstimator(MLNetInternals.EnvironmentOf(catalog), options);
    }
}
