using Microsoft.ML.Grpo;

namespace Microsoft.ML;

/// <summary>Adds GRPO post-training of language models to <see cref="MLContext"/>.</summary>
public static class GrpoCatalog
{
    /// <summary>Trains a language model by GRPO with default options: one epoch, groups of 8, 16 prompts a rollout.</summary>
    /// <param name="catalog">The catalog, <c>mlContext.Transforms</c>.</param>
    /// <param name="modelPath">A Hugging Face model directory (config.json, model.safetensors, tokenizer.json, tokenizer_config.json), or a GGUF file.</param>
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

    /// <summary>Loads a language model as a transformer, without training it: one that <c>SavePretrained</c> wrote, or any other.</summary>
    /// <param name="catalog">The catalog, <c>mlContext.Transforms</c>.</param>
    /// <param name="modelPath">A Hugging Face model directory, or a GGUF file.</param>
    /// <param name="promptColumnName">The text column with prompts.</param>
    /// <param name="outputColumnName">The text column that the transformer adds.</param>
    /// <returns>The transformer; dispose it.</returns>
    /// <exception cref="IOException">The model directory or one of its files is missing, or (<see cref="ModelFormatException"/>) config.json or the weights are damaged or ask for what is not supported.</exception>
    /// <exception cref="InvalidDataException">A file of the tokenizer is damaged.</exception>
    /// <exception cref="NotSupportedException">The tokenizer or the chat template needs what is not supported.</exception>
    /// <exception cref="InvalidOperationException"><c>MLContext.GpuDeviceId</c> names a GPU that is not there, and <c>FallbackToCpu</c> is false.</exception>
    public static GrpoTransformer LoadGrpoPolicy(
        this TransformsCatalog catalog, string modelPath, string promptColumnName = "Prompt", string outputColumnName = "Completion") =>
        LoadGrpoPolicy(catalog, new GrpoOptions { ModelPath = modelPath, PromptColumnName = promptColumnName, OutputColumnName = outputColumnName });

    /// <summary>Loads a language model as a transformer, without training it.</summary>
    /// <param name="catalog">The catalog, <c>mlContext.Transforms</c>.</param>
    /// <param name="options">
    /// Of a run's options what a transformer needs: the model, the adapter of <see cref="LoraOptions.AdapterPath"/>, the columns, prompt format and system prompt, stop tokens,
    /// <see cref="GrpoOptions.Execution"/> and <see cref="GrpoOptions.Generation"/>. Rewards and what else concerns training are not looked at.
    /// With no seed, here or in the <see cref="MLContext"/>, it is 0.
    /// </param>
    /// <returns>The transformer; dispose it.</returns>
    /// <exception cref="GrpoOptionsException">Options break rules; the message lists all of them.</exception>
    /// <exception cref="IOException">The directory of the model or of the adapter, or one of its files, is missing, or (<see cref="ModelFormatException"/>) a config or weights are damaged, ask for what is not supported, or do not fit each other.</exception>
    /// <exception cref="InvalidDataException">A file of the tokenizer is damaged.</exception>
    /// <exception cref="NotSupportedException">The tokenizer or the chat template needs what is not supported.</exception>
    /// <exception cref="InvalidOperationException"><c>MLContext.GpuDeviceId</c> names a GPU that is not there, and <c>FallbackToCpu</c> is false.</exception>
    public static GrpoTransformer LoadGrpoPolicy(this TransformsCatalog catalog, GrpoOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        return PolicyLoading.Load(MLNetInternals.EnvironmentOf(catalog), options);
    }
}
