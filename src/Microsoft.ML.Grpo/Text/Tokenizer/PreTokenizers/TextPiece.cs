namespace Microsoft.ML.Grpo;

/// <summary>A piece of text that what comes next sees alone, as it does a word.</summary>
/// <param name="Text">The text.</param>
/// <param name="First">It stands at the very beginning of the text to encode.</param>
internal readonly record struct TextPiece(string Text, bool First);

/// <summary>One step of a pre-tokenizer: cuts a piece into pieces in order, and may change them.</summary>
internal delegate IEnumerable<TextPiece> PreTokenizerStep(TextPiece piece);
