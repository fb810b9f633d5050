namespace Microsoft.ML.Grpo;

/// <summary>
/// When rollouts are sampled and weights change, in slices of a rollout: a rollout of
/// <see cref="GrpoOptions.PromptsPerRollout"/> × <see cref="GrpoOptions.GroupSize"/> completions is cut into
/// <paramref name="SlicesPerRollout"/> equal slices, walked <paramref name="Iterations"/> times in the same order, and
/// each update takes the next <paramref name="Accumulation"/> slices.
/// </summary>
/// <remarks>
/// The run is <em>aligned</em> when <paramref name="Accumulation"/> is a multiple of
/// <paramref name="SlicesPerRollout"/> × <paramref name="Iterations"/>: the weights never change while a rollout is in
/// use. Otherwise the log-probabilities of the weights that sampled cost one more forward pass a rollout.
/// <para>Source: TRL's <c>gradient_accumulation_steps</c>, <c>steps_per_generation</c> and <c>num_iterations</c>.</para>
/// </remarks>
/// <param name="Accumulation">Slices that one update takes; 1 or more.</param>
/// <param name="SlicesPerRollout">Slices of a rollout; 1 or more, and a divisor of its number of completions.</param>
/// <param name="Iterations">How often a rollout is walked; 1 or more.</param>
public sealed record AdvancedSchedule(int Accumulation, int SlicesPerRollout, int Iterations);
