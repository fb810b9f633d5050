using Microsoft.ML.Grpo;

namespace MakeTinyModel;

/// <summary>
/// Teaches addition badly: seven times in ten it forgets the carry from the units to the tens, and every second time it
/// slips by one in the last digit. A model taught by it knows how to add, yet its most likely answer to a problem with a
/// carry is wrong: no lower temperature helps there, only something that says which answers are right.
/// </summary>
internal static class SloppyTeacher
{
    private const double ForgetsCarry = 0.7;
    private const double Slips = 0.5;

    /// <summary>What it says to a problem; a function of the draw's place.</summary>
    public static string Answer(Problem problem, RunRandom random, int step, int place)
    {
        double Draw(int which) => random.Uniform(DrawPurpose.Training, step, place, which, 0);
        var units = (problem.A % 10) + (problem.B % 10);
        var carry = units >= 10 && Draw(0) >= ForgetsCarry ? 1 : 0;
        var tens = (problem.A / 10) + (problem.B / 10) + carry;
        var slip = Draw(1) >= Slips ? 0 : Draw(2) < 0.5 ? 1 : 9;
        return $"{tens}{(units + slip) % 10}";
    }
}
