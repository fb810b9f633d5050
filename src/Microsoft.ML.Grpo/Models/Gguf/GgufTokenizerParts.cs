using System.Text.Json.Nodes;

namespace Microsoft.ML.Grpo;

/// <summary>The parts of a tokenizer that depend on its kind.</summary>
/// <param name="Model">Merges and flags of the BPE.</param>
/// <param name="Normalizer">What is done to the text first; null: nothing.</param>
/// <param name="PreTokenizer">How it is cut; null: not at all.</param>
/// <param name="Decoder">How tokens become text.</param>
/// <param name="AddsBos">Whether a BOS comes first where the metadata does not say.</param>
internal sealed record GgufTokenizerParts(JsonObject Model, JsonNode? Normalizer, JsonNode? PreTokenizer, JsonObject Decoder, bool AddsBos);
