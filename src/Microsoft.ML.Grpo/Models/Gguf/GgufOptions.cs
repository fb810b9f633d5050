namespace Microsoft.ML.Grpo;

/// <summary>How <see cref="GrpoTransformer.SaveGguf"/> writes a model.</summary>
public sealed class GgufOptions
{
    /// <summary>The number type of the matrices. Norms and biases are 32-bit floats in every file, as llama.cpp wants them.</summary>
    /// <value>Default: <see cref="WeightType.Float32"/>, in which nothing of what was learned is rounded. <see cref="WeightType.Float64"/> is refused.</value>
    public WeightType Type { get; set; }

    /// <summary>
    /// Names token i <c>t{i}_</c> instead of by its text, and leaves chat template and merges out: for a server that is sent token ids and
    /// sends token ids back. llama-server gives no log-prob to a token after which its text ends within a character, and ends a
    /// completion at tokens whose names it knows though the model does not name them as ends; with such names neither happens. A file
    /// with them cannot turn text into tokens, and is not read back as a model.
    /// </summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool PlainTokenNames { get; set; }
}
