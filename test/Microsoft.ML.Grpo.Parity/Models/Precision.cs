using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>One of the two runs, and the bounds that the reference data's README states for it.</summary>
/// <param name="Name">As the keys of the reference data end: f32, f64.</param>
/// <param name="Type">Type of weights and arithmetic.</param>
/// <param name="References">Which of the reference's values this run is compared with.</param>
/// <param name="Logits">Bound for logits, log-probs, entropies and hidden states.</param>
/// <param name="Long">Bound for the sequence of 400 tokens.</param>
internal sealed record Precision(string Name, ScalarType Type, IReadOnlyList<string> References, Bound Logits, Bound Long)
{
    public static IReadOnlyList<Precision> All { get; } =
    [
        new("f64", ScalarType.Float64, ["f64"], new(Absolute: 1e-10), new(Absolute: 1e-10)),
        new("f32", ScalarType.Float32, ["f32", "f64"], new(Absolute: 1e-4), new(Absolute: 3e-4)),
    ];

    /// <summary>Bound for a gradient that is stored as <paramref name="stored"/>.</summary>
    public Bound Gradient(ScalarType stored) => (Type, stored) switch
    {
        (ScalarType.Float32, _) => new(OfLargest: 1e-4),
        (_, ScalarType.Float64) => new(Absolute: 1e-10),
        _ => new(Absolute: 1e-10, Relative: 1e-6), // rounding entries near 0 to float32 leaves more than 1e-6 of nothing
    };
}
