namespace Microsoft.ML.Grpo;

/// <summary>Errors for models that a GGUF file cannot hold.</summary>
internal static class GgufRefusal
{
    /// <param name="problem">What the model has, after "it has".</param>
    public static NotSupportedException OfModel(string problem) =>
        new($"The model cannot be saved as GGUF: it has {problem}. Use SavePretrained, and convert that directory with llama.cpp's own converter if it can.");

    /// <param name="problem">What the tokenizer does, after "its tokenizer".</param>
    public static NotSupportedException OfTokenizer(string problem) =>
        new($"The model cannot be saved as GGUF with its token names: its tokenizer {problem}. Set PlainTokenNames = true if token ids are all that is sent to llama.cpp, or use SavePretrained.");
}
