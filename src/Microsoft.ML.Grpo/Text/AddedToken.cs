namespace Microsoft.ML.Grpo;

/// <summary>A token that is matched in the text itself, before the vocabulary is consulted.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="Special">Left out of decoded text on request: markup rather than content.</param>
/// <param name="Normalized">Matched after normalisation rather than in the raw text.</param>
internal sealed record AddedToken(int Id, string Content, bool Special, bool Normalized);
