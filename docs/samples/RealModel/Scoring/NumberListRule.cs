using System.Text.Json;

namespace RealModel;

/// <summary>Full marks for a JSON list of the right numbers, each to within 1, in order; else nothing.</summary>
internal static class NumberListRule
{
    private const double Tolerance = 1;

    public static double Score(string? response, string answer, JsonElement metadata)
    {
        if (response is null || NumberList.Read(response) is not { } given || NumberList.Read(answer) is not { } right || given.Count != right.Count)
        {
            return 0;
        }

        var ascending = Metadata.Text(metadata, "direction") == "ascending";
        // Asked what is wrong, not what is right: not-a-number is never wrong, and scores as the original lets it.
        var disordered = given.Zip(given.Skip(1)).Any(pair => ascending ? pair.Second < pair.First : pair.Second > pair.First);
        return disordered || given.Zip(right).Any(pair => Math.Abs(pair.First - pair.Second) > Tolerance) ? 0 : 1;
    }
}
