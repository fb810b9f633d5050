using System.Globalization;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>How far a result may be from the reference's.</summary>
/// <param name="Absolute">Allowed difference of every entry.</param>
/// <param name="Relative">Allowed besides, as a share of the reference's entry.</param>
/// <param name="OfLargest">Allowed besides, as a share of the reference tensor's largest entry.</param>
/// <param name="Either">Allowed besides, as a difference or as a share of the reference's entry, whichever is more.</param>
internal readonly record struct Bound(double Absolute = 0, double Relative = 0, double OfLargest = 0, double Either = 0)
{
    public override string ToString()
    {
        List<string> parts = [];
        Add(Absolute, "absolute");
        Add(Relative, "relative");
        Add(OfLargest, "of the largest");
        Add(Either, "absolute or relative");
        return parts.Count == 0 ? "equal" : string.Join(" + ", parts);

        void Add(double value, string kind)
        {
            if (value != 0)
            {
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{value:0.#e-0} {kind}"));
            }
        }
    }
}
