namespace Microsoft.ML.Grpo;

/// <summary>What a transformer network needs to know of <c>config.json</c>, after its family has read it.</summary>
internal sealed record ModelConfig
{
    /// <summary>The family's name as <c>model_type</c> spells it: <c>llama</c>, <c>qwen2</c>, <c>qwen3</c>.</summary>
    public required string ModelType { get; init; }

    public required int VocabularySize { get; init; }

    public required int HiddenSize { get; init; }

    public required int IntermediateSize { get; init; }

    public required int Layers { get; init; }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads; divides <see cref="Heads"/>.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Size of one head; need not be hidden / heads (Qwen3).</summary>
    public required int HeadSize { get; init; }

    public required double NormEpsilon { get; init; }

    public required double RopeTheta { get; init; }

    /// <summary>The longest sequence, prompt and completion together.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>The head is the embedding matrix itself: one tensor, not two.</summary>
    public bool TiedHead { get; init; }

    /// <summary>q, k and v projections have a bias.</summary>
    public bool QkvBias { get; init; }

    /// <summary>The attention's output projection has a bias.</summary>
    public bool OutputBias { get; init; }

    /// <summary>gate, up and down projections have a bias.</summary>
    public bool MlpBias { get; init; }

    /// <summary>q and k are RMS-normalised per head, before rope (Qwen3).</summary>
    public bool QkNorm { get; init; }

    /// <summary>EOS ids of config.json.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>BOS id of config.json; null if it names none, whatever the class of transformers takes then.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>The embedding row of this id gets no gradient from look-ups, as in transformers.</summary>
    public int? PadTokenId { get; init; }
}
