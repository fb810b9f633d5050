using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>
/// Writes one line a case: ok or FAIL, the quantity, its largest absolute error, its largest error relative to the
/// reference's largest entry, and the bound.
/// </summary>
internal sealed class Report(TextWriter output)
{
    private readonly List<string> _failures = [];

    public int Ok { get; private set; }

    public int Failed => _failures.Count;

    /// <summary>The lines of the cases that failed.</summary>
    public IReadOnlyList<string> Failures => _failures;

    /// <summary>Compares two tensors of any type in float64; a difference that is not a number fails.</summary>
    /// <param name="name">The case.</param>
    /// <param name="actual">Our result.</param>
    /// <param name="expected">The reference's, of the same shape.</param>
    /// <param name="bound">What is allowed.</param>
    public void Compare(string name, Tensor actual, Tensor expected, Bound bound)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        if (!actual.shape.SequenceEqual(expected.shape))
        {
            Fail(name, $"has shape [{string.Join(", ", actual.shape)}], the reference's is [{string.Join(", ", expected.shape)}]");
            return;
        }

        if (expected.numel() == 0)
        {
            Fail(name, "has no entries to compare");
            return;
        }

        var wanted = expected.detach().cpu().to(ScalarType.Float64);
        var error = (actual.detach().cpu().to(ScalarType.Float64) - wanted).abs();
        var size = wanted.abs();
        var largest = size.max().item<double>();
        var allowed = (size * bound.Relative) + (size.clamp(Scalars.Of(1)) * bound.Either) + (bound.Absolute + (bound.OfLargest * largest));
        var absolute = error.max().item<double>(); // NaN if any entry is
        Line(error.le(allowed).all().item<bool>(), name, string.Create(
            CultureInfo.InvariantCulture,
            $"abs {absolute:0.0e-00}  rel {(absolute == 0 ? 0 : absolute / largest):0.0e-00}  bound {bound}"));
    }

    /// <summary>Compares two numbers; not-a-number agrees with itself.</summary>
    public void Compare(string name, double actual, double expected, Bound bound)
    {
        if (double.IsNaN(actual) || double.IsNaN(expected))
        {
            Check(name, double.IsNaN(actual) && double.IsNaN(expected), string.Create(CultureInfo.InvariantCulture, $"is {actual}, the reference's is {expected}"));
            return;
        }

        using var scope = NewDisposeScope();
        Compare(name, tensor([actual]), tensor([expected]), bound);
    }

    /// <summary>A case that is right or wrong as a whole.</summary>
    public void Check(string name, bool ok, string detail) => Line(ok, name, detail);

    public void Fail(string name, string problem) => Line(false, name, problem);

    /// <summary>Writes the closing line.</summary>
    /// <returns>The exit code: 1 if any case failed or there was none.</returns>
    public int Close()
    {
        output.WriteLine($"{Ok} ok, {Failed} failed");
        return Failed == 0 && Ok > 0 ? 0 : 1;
    }

    private void Line(bool ok, string name, string detail)
    {
        var line = $"{(ok ? "ok  " : "FAIL")}  {name}  {detail.ReplaceLineEndings(" ")}";
        output.WriteLine(line);
        if (ok)
        {
            Ok++;
        }
        else
        {
            _failures.Add(line);
        }
    }
}
