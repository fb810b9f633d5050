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
        var ordered = given.Zip(given.Skip(1)).All(pair => ascending ? pair.First <= pair.Second : pair.First >= pair.Second);
        return ordered && given.Zip(right).All(pair => Math.Abs(pair.First - pair.Second) <= Tolerance) ? 1 : 0;
    }
}
