namespace Microsoft.ML.Grpo;

/// <summary>Trains low-rank adapters beside frozen weights instead of the weights: <c>y = W x + scale · B A x</c>.</summary>
/// <remarks>
/// <para>With <see cref="AdapterPath"/> null, a run makes new adapters, on the model of <see cref="GrpoOptions.ModelPath"/> or on the weights of
/// <see cref="GrpoOptions.InitialPolicy"/>; with it set, the run goes on from the adapter of that directory.</para>
/// <para>A <see cref="GrpoOptions.InitialPolicy"/> that has an adapter is gone on from with <see cref="GrpoOptions.Lora"/> = null: its adapter is then what is
/// trained, with its own rank, scale, layers and dropout. Together with these options it is refused, since two adapters would add up.</para>
/// <para>The reference policy of such a run is the model without the adapter.</para>
/// <para><c>LoadGrpoPolicy</c> reads <see cref="AdapterPath"/> alone.</para>
/// <para>Source: LoRA, arXiv 2106.09685; names as in Hugging Face PEFT.</para>
/// </remarks>
public sealed class LoraOptions
{
    /// <summary>Rank of the adapters: A is [rank, in], B is [out, rank].</summary>
    /// <value>Default: <c>null</c> (16). Range: 1 or more.</value>
    /// <remarks>
    /// More can learn more, and costs memory in proportion.
    /// <para>Refused: together with <see cref="AdapterPath"/>, whose files say it.</para>
    /// <para>Source: PEFT <c>r</c>.</para>
    /// </remarks>
    public int? Rank { get; set; }

    /// <summary>The scale of the adapters is this over the rank.</summary>
    /// <value>Default: <c>null</c> (32). Range: above 0.</value>
    /// <remarks>
    /// Twice the default rank.
    /// <para>Refused: together with <see cref="AdapterPath"/>, whose files say it.</para>
    /// <para>Source: PEFT <c>lora_alpha</c>.</para>
    /// </remarks>
    public double? Alpha { get; set; }

    /// <summary>Divides <see cref="Alpha"/> by the root of the rank instead of by the rank.</summary>
    /// <value>Default: <c>null</c> (<c>false</c>). Range: <c>true</c> or <c>false</c>.</value>
    /// <remarks>
    /// The two differ by the root of the rank, so it matters at large ranks.
    /// <para>Refused: together with <see cref="AdapterPath"/>, whose files say it.</para>
    /// <para>Source: PEFT <c>use_rslora</c>; arXiv 2312.03732.</para>
    /// </remarks>
    public bool? RankStabilized { get; set; }

    /// <summary>The share of an adapter's inputs that are zeroed at random in training passes, never in sampling.</summary>
    /// <value>Default: <c>null</c> (0; with <see cref="AdapterPath"/> what the adapter's files say). Range: 0 to below 1.</value>
    /// <remarks>
    /// Off, since it makes the policy that learns another than the one that sampled; with a correction on it is warned of, since the IS ratio then measures dropout too.
    /// <para>Refused: above 0 with an adapter on <c>lm_head</c>, whose input has no dropout.</para>
    /// <para>Source: PEFT <c>lora_dropout</c>.</para>
    /// </remarks>
    public double? Dropout { get; set; }

    /// <summary>The linear layers that get adapters, by their whole names or their last dotted parts: <c>q_proj</c>, <c>layers.0.mlp.down_proj</c>, <c>lm_head</c>.</summary>
    /// <value>Default: <c>empty</c> (all linear layers but the head). Range: names of linear layers of the model, each once.</value>
    /// <remarks>
    /// QLoRA, arXiv 2305.14314, found adapters on all linear layers needed to come near to full fine-tuning.
    /// <para>Refused: together with <see cref="AdapterPath"/>, whose files say it.</para>
    /// <para>Source: PEFT <c>target_modules</c>, <c>all-linear</c>.</para>
    /// </remarks>
    public IList<string> TargetModules { get; private set; } = new List<string>();

    /// <summary>A PEFT adapter directory to go on from: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>.</summary>
    /// <value>Default: <c>null</c> (new adapters, which change nothing at first). Range: an existing directory.</value>
    /// <remarks>
    /// Rank, alpha and layers are then the adapter's own, and so is the dropout unless <see cref="Dropout"/> is set.
    /// <para>Refused: together with <see cref="Rank"/>, <see cref="Alpha"/>, <see cref="RankStabilized"/> or <see cref="TargetModules"/>.</para>
    /// <para>Source: PEFT <c>PeftModel.from_pretrained</c>.</para>
    /// </remarks>
    public string? AdapterPath { get; set; }

    internal int ResolvedRank => Rank ?? 16;

    internal double ResolvedAlpha => Alpha ?? 32;

    internal bool ResolvedRankStabilized => RankStabilized ?? false;

    /// <summary>The dropout of a new adapter.</summary>
    internal double ResolvedDropout => Dropout ?? 0;

    /// <summary>The numbers of a new adapter.</summary>
    internal LoraSettings ToSettings() => new(ResolvedRank, ResolvedAlpha, ResolvedRankStabilized, ResolvedDropout);

    internal LoraOptions Snapshot()
    {
        var copy = (LoraOptions)MemberwiseClone();
        copy.TargetModules = [.. TargetModules];
        return copy;
    }
}
