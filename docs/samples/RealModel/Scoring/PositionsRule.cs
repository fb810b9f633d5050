using System.Text.Json;

namespace RealModel;

/// <summary>Full marks for the same characters, upper or lower case; else a share for every one that stands in its place.</summary>
internal static class PositionsRule
{
    // The right answer with something after it.
    private const double AllInPlaceButMore = 0.8;

    public static double Score(string? response, string answer, JsonElement metadata)
    {
        if (string.IsNullOrEmpty(response))
        {
            return 0;
        }

        var (given, right) = (PythonText.CodePoints(PythonText.Lower(response)), PythonText.CodePoints(PythonText.Lower(answer)));
        if (given.SequenceEqual(right))
        {
            return 1;
        }

        // A sum, not a product: of sixths it stays below 1, and so, to the bit, do the scores that must be reproduced.
        var sum = given.Zip(right).Where(pair => pair.First == pair.Second).Aggregate(0.0, (sum, _) => sum + (1.0 / right.Length));
        return sum == 1 ? AllInPlaceButMore : sum;
    }
}
