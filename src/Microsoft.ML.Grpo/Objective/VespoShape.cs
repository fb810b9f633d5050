namespace Microsoft.ML.Grpo;

/// <summary>The shape of VESPO's weight: <c>phi(w) = w^k exp(lambda (1 - w))</c>, 1 at w = 1, 0 far from it on both sides.</summary>
/// <param name="K">Power; how fast it falls towards w = 0.</param>
/// <param name="Lambda">Rate; how fast it falls towards large w. At least 1e-4 is used.</param>
internal readonly record struct VespoShape(double K, double Lambda);
