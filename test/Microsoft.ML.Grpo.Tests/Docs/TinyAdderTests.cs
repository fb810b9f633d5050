using MakeTinyModel;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The tiny model of the QuickStart and its problems, as they lie in the repository.</summary>
[TestClass]
public class TinyAdderTests
{
    private static readonly string TinyAdder = Path.Combine(Repository.Root, "docs", "samples", "TinyAdder");

    [TestMethod]
    public void Its_three_sets_of_problems_share_none_and_at_least_500_are_held_out()
    {
        var (training, heldOut, warmUp) = (Read("problems.train.tsv"), Read("problems.heldout.tsv"), Texts(Problems.WarmUp));
        Assert.IsGreaterThanOrEqualTo(500, heldOut.Length);
        string[] all = [.. training, .. heldOut, .. warmUp];
        Assert.HasCount(all.Length, all.Distinct().ToArray());
    }

    [TestMethod]
    public void Its_files_are_those_that_its_maker_writes()
    {
        CollectionAssert.AreEqual(Texts(Problems.Training), Read("problems.train.tsv"));
        CollectionAssert.AreEqual(Texts(Problems.HeldOut), Read("problems.heldout.tsv"));
    }

    [TestMethod]
    public void Its_answers_are_right()
    {
        foreach (var line in Read("problems.train.tsv").Concat(Read("problems.heldout.tsv")))
        {
            var numbers = line.Split('+', '=', '\t').Where(part => part.Length > 0).Select(int.Parse).ToArray();
            Assert.IsTrue(numbers is [>= 10 and < 100, >= 10 and < 100, var sum] && numbers[0] + numbers[1] == sum, line);
        }
    }

    [TestMethod]
    public void Its_directory_is_under_2_MB() =>
        Assert.IsLessThan(2_000_000, new DirectoryInfo(TinyAdder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length));

    [TestMethod]
    [DataRow(0.0, 0.4, 0.6)]
    [DataRow(1.0, 0.2, 0.4)]
    public void It_is_half_taught(double temperature, double least, double most)
    {
        var ml = new MLContext(seed: 1);
        using var model = ml.Transforms.LoadGrpoPolicy(new() { ModelPath = TinyAdder, Generation = { Temperature = temperature, MaxCompletionTokens = 6, BatchSize = 256 } });
        var completions = model.Transform(ml.Data.LoadFromEnumerable(Problems.HeldOut.Select(problem => new Question { Prompt = problem.Prompt }))).Texts();
        var right = completions.Zip(Problems.HeldOut).Count(pair => pair.First == pair.Second.Answer) / (double)Problems.HeldOut.Count;
        Assert.IsTrue(right >= least && right <= most, $"{right:P1} of the held-out problems at temperature {temperature}.");
    }

    private static string[] Texts(IReadOnlyList<Problem> problems) => [.. problems.Select(problem => $"{problem.Prompt}\t{problem.Answer}")];

    private static string[] Read(string file)
    {
        var lines = File.ReadAllLines(Path.Combine(TinyAdder, file));
        Assert.AreEqual("Prompt\tAnswer", lines[0]);
        return lines[1..];
    }
}
