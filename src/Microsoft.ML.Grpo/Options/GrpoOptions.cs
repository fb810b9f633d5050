namespace Microsoft.ML.Grpo;

/// <summary>Everything a run can be told.</summary>
/// <remarks>
/// An estimator copies its options when it is made: changing them later changes nothing. It refuses, in one
/// <see cref="GrpoOptionsException"/>, values out of range, options that contradict each other, and options that were
/// set and would have no effect. Not thread-safe.
/// </remarks>
public sealed partial class GrpoOptions
{
    /// <summary>The model: a directory in Hugging Face layout (<c>config.json</c>, <c>model.safetensors</c>, <c>tokenizer.json</c>), or a GGUF file.</summary>
    /// <value>Default: <c>null</c>. Range: required, unless <see cref="InitialPolicy"/> is set.</value>
    /// <remarks>
    /// There is no model to start from without it.
    /// <para>Refused: together with <see cref="InitialPolicy"/>; a directory that holds an adapter too, unless <see cref="LoraOptions.AdapterPath"/> names the same one.</para>
    /// <para>Source: TRL <c>model</c>.</para>
    /// </remarks>
    public string? ModelPath { get; set; }

    /// <summary>The text column that holds the prompts.</summary>
    /// <value>Default: <c>Prompt</c>. Range: not empty.</value>
    /// <remarks>
    /// The name in ML.NET's casing.
    /// <para>Source: TRL's column <c>prompt</c>.</para>
    /// </remarks>
    public string PromptColumnName { get; set; } = "Prompt";

    /// <summary>The text column that <c>Transform</c> adds.</summary>
    /// <value>Default: <c>Completion</c>. Range: not empty, no other column of these options.</value>
    /// <remarks>
    /// What is returned is a completion of the prompt.
    /// <para>Source: TRL's column <c>completion</c>.</para>
    /// </remarks>
    public string OutputColumnName { get; set; } = "Completion";

    /// <summary>The column, if any, that <c>Transform</c> adds for the sum of the log-probabilities of the completion's tokens, in nats, at <see cref="GenerationOptions.Temperature"/> (at 1 when greedy).</summary>
    /// <value>Default: <c>null</c> (no such column). Range: not empty, no other column of these options.</value>
    /// <remarks>
    /// Few need it.
    /// <para>Source: our own.</para>
    /// </remarks>
    public string? LogProbColumnName { get; set; }

    /// <summary>The column, if any, that <c>Transform</c> adds for the name of the completion's <see cref="FinishReason"/>.</summary>
    /// <value>Default: <c>null</c> (no such column). Range: not empty, no other column of these options.</value>
    /// <remarks>
    /// Few need it.
    /// <para>Source: our own.</para>
    /// </remarks>
    public string? FinishReasonColumnName { get; set; }

    /// <summary>The system message before every prompt, in training and in <c>Transform</c>.</summary>
    /// <value>Default: <c>null</c> (none, or the chat template's own). Range: any text.</value>
    /// <remarks>
    /// The place to ask for the answer's form that the rewards look for.
    /// <para>Refused: when <see cref="PromptFormat"/> is <see cref="PromptFormat.Raw"/>.</para>
    /// <para>Source: the <c>system</c> role of chat templates.</para>
    /// </remarks>
    public string? SystemPrompt { get; set; }

    /// <summary>How a prompt's text becomes token ids.</summary>
    /// <value>Default: <c>Auto</c>. Range: a member of <see cref="Grpo.PromptFormat"/>.</value>
    /// <remarks>
    /// A model tuned for chat answers badly outside its template.
    /// <para>Source: Hugging Face <c>apply_chat_template</c>.</para>
    /// </remarks>
    public PromptFormat PromptFormat { get; set; } = PromptFormat.Auto;

    /// <summary>What completions are scored with; the weighted sum is what the policy learns to raise.</summary>
    /// <value>Default: <c>empty</c>. Range: at least one, names all different, weights finite and not all 0.</value>
    /// <remarks>
    /// There is nothing to learn without one.
    /// <para>Source: TRL <c>reward_funcs</c> and <c>reward_weights</c>.</para>
    /// </remarks>
    public IList<Reward> Rewards { get; private set; } = new List<Reward>();

    /// <summary>Completions sampled for each prompt, and compared with each other.</summary>
    /// <value>Default: <c>8</c>. Range: 2 or more.</value>
    /// <remarks>
    /// More tells better which completions are above the mean, and costs as much more.
    /// <para>Source: TRL <c>num_generations</c>.</para>
    /// </remarks>
    public int GroupSize { get; set; } = 8;

    /// <summary>Prompts that a rollout samples for.</summary>
    /// <value>Default: <c>16</c>. Range: 1 or more.</value>
    /// <remarks>
    /// One prompt a step, as TRL's defaults give, is noise.
    /// <para>Source: TRL <c>generation_batch_size</c> / <c>num_generations</c>.</para>
    /// </remarks>
    public int PromptsPerRollout { get; set; } = 16;

    /// <summary>Updates of the weights in the whole run; the data is gone through as often as that takes.</summary>
    /// <value>Default: <c>null</c> (as <see cref="Epochs"/> gives). Range: 1 or more.</value>
    /// <remarks>
    /// The steps, not the rows, are what a run costs.
    /// <para>Refused: together with <see cref="Epochs"/>.</para>
    /// <para>Source: Hugging Face <c>max_steps</c>.</para>
    /// </remarks>
    public int? Steps { get; set; }

    /// <summary>How often the data is gone through.</summary>
    /// <value>Default: <c>null</c> (1, unless <see cref="Steps"/> is set). Range: 1 or more.</value>
    /// <remarks>
    /// Rows that do not fill a rollout are left out of that epoch.
    /// <para>Refused: together with <see cref="Steps"/>.</para>
    /// <para>Source: Hugging Face <c>num_train_epochs</c>, whose own default is 3.</para>
    /// </remarks>
    public int? Epochs { get; set; }

    /// <summary>Updates that one pass over a rollout is cut into, each with an equal share of its completions.</summary>
    /// <value>Default: <c>null</c> (1). Range: 1 or more, a divisor of <see cref="PromptsPerRollout"/> × <see cref="GroupSize"/>.</value>
    /// <remarks>
    /// At 1 the weights that sampled are the weights that learn, and no pass is run twice.
    /// <para>Refused: above 1 together with <see cref="RolloutsPerStep"/> above 1; together with <see cref="AdvancedSchedule"/>.</para>
    /// <para>Source: TRL <c>steps_per_generation</c> / <c>gradient_accumulation_steps</c>.</para>
    /// </remarks>
    public int? StepsPerRollout { get; set; }

    /// <summary>Rollouts that are gathered into one update.</summary>
    /// <value>Default: <c>null</c> (1). Range: 1 or more.</value>
    /// <remarks>
    /// A larger <see cref="PromptsPerRollout"/> does the same at once, where the memory allows.
    /// <para>Refused: above 1 together with <see cref="StepsPerRollout"/> or <see cref="IterationsPerRollout"/> above 1; together with <see cref="AdvancedSchedule"/>.</para>
    /// <para>Source: TRL <c>gradient_accumulation_steps</c> / <c>steps_per_generation</c>.</para>
    /// </remarks>
    public int? RolloutsPerStep { get; set; }

    /// <summary>How often a rollout is gone through before the next is sampled.</summary>
    /// <value>Default: <c>null</c> (1). Range: 1 or more.</value>
    /// <remarks>
    /// At 1 nothing redundant runs; above, one scoring pass a rollout does.
    /// <para>Refused: above 1 together with <see cref="RolloutsPerStep"/> above 1; together with <see cref="AdvancedSchedule"/>.</para>
    /// <para>Source: TRL <c>num_iterations</c>; μ in DeepSeekMath, arXiv 2402.03300.</para>
    /// </remarks>
    public int? IterationsPerRollout { get; set; }

    /// <summary>The schedule in slices of a rollout, for what the three options before cannot say.</summary>
    /// <value>Default: <c>null</c> (the three options before). Range: see <see cref="Grpo.AdvancedSchedule"/>.</value>
    /// <remarks>
    /// It repeats schedules of other trainers exactly.
    /// <para>Refused: together with <see cref="StepsPerRollout"/>, <see cref="RolloutsPerStep"/> or <see cref="IterationsPerRollout"/>.</para>
    /// <para>Source: TRL's three counts.</para>
    /// </remarks>
    public AdvancedSchedule? AdvancedSchedule { get; set; }

    /// <summary>Groups of a rollout that must have rewards that differ; until there are so many, fresh prompts are sampled, and the rollout keeps <see cref="PromptsPerRollout"/> groups, informative ones first.</summary>
    /// <value>Default: <c>null</c> (off: a rollout is what its prompts give). Range: 1 to <see cref="PromptsPerRollout"/>.</value>
    /// <remarks>
    /// A group of equal rewards teaches nothing, but sampling others in its place takes time; what is over is dropped and counted.
    /// <para>Refused: unless the length of the run is given by <see cref="Steps"/>.</para>
    /// <para>Source: dynamic sampling of DAPO, arXiv 2503.14476, section 3.2.</para>
    /// </remarks>
    public int? MinInformativeGroups { get; set; }

    /// <summary>How often a rollout samples further prompts at most; after that the update uses what there is.</summary>
    /// <value>Default: <c>null</c> (3). Range: 1 or more.</value>
    /// <remarks>
    /// A task that is all too hard or too easy would otherwise never get on.
    /// <para>Refused: unless <see cref="MinInformativeGroups"/> is set.</para>
    /// <para>Source: our own; DAPO's has no end.</para>
    /// </remarks>
    public int? MaxResampleRounds { get; set; }

    /// <summary>The longest completion, in tokens, stop token included.</summary>
    /// <value>Default: <c>256</c>. Range: 1 or more.</value>
    /// <remarks>
    /// Enough for a short answer with some reasoning; time and memory grow with it.
    /// <para>Source: TRL <c>max_completion_length</c>, whose own default is 512.</para>
    /// </remarks>
    public int MaxCompletionTokens { get; set; } = 256;

    /// <summary>The longest prompt, in tokens, chat template included.</summary>
    /// <value>Default: <c>null</c> (the model's context less <see cref="MaxCompletionTokens"/>). Range: 1 or more.</value>
    /// <remarks>
    /// What fits is allowed.
    /// <para>Source: our own; TRL has none.</para>
    /// </remarks>
    public int? MaxPromptTokens { get; set; }

    /// <summary>What happens to longer prompts.</summary>
    /// <value>Default: <c>Error</c>. Range: a member of <see cref="Grpo.OverlongPrompts"/>.</value>
    /// <remarks>
    /// A prompt cut or left out unseen is a surprise later.
    /// <para>Source: our own.</para>
    /// </remarks>
    public OverlongPrompts OverlongPrompts { get; set; } = OverlongPrompts.Error;

    /// <summary>Visits the rows of each epoch in a random order; otherwise in that of the data.</summary>
    /// <value>Default: <c>true</c>. Range: <c>true</c> or <c>false</c>.</value>
    /// <remarks>
    /// Data is often sorted.
    /// <para>Source: TRL <c>shuffle_dataset</c>.</para>
    /// </remarks>
    public bool Shuffle { get; set; } = true;

    /// <summary>Fixes every random draw of the run.</summary>
    /// <value>Default: <c>null</c> (the seed of the <c>MLContext</c>, else one that is drawn and logged). Range: any number.</value>
    /// <remarks>
    /// The same seed, options, data and machine give the same weights to the bit. A run that goes on from an <see cref="InitialPolicy"/> with the seed of the run before takes the prompts in the same order from the start and draws by the same numbers; that is warned of where that seed is known.
    /// <para>Source: Hugging Face <c>seed</c>.</para>
    /// </remarks>
    public long? Seed { get; set; }
}
