namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class WorkCountersTests
{
    [TestMethod]
    public void Tokens_and_passes_add_up_by_purpose_and_by_no_other()
    {
        var work = new WorkCounters();
        work.Count(WorkPurpose.Loss, 5);
        work.Count(WorkPurpose.Loss, 7);
        work.Count(WorkPurpose.Score, 0);
        Assert.AreEqual((12L, 2L), (work.Tokens(WorkPurpose.Loss), work.Passes(WorkPurpose.Loss)));
        Assert.AreEqual((0L, 1L), (work.Tokens(WorkPurpose.Score), work.Passes(WorkPurpose.Score)));
        Assert.AreEqual((0L, 0L), (work.Tokens(WorkPurpose.Reference), work.Passes(WorkPurpose.Reference)));
    }

    [TestMethod]
    public void The_table_names_every_purpose_and_does_not_change_afterwards()
    {
        var work = new WorkCounters();
        var table = work.TokensByPurpose();
        work.Count(WorkPurpose.Generation, 3);
        CollectionAssert.AreEquivalent(Enum.GetNames<WorkPurpose>(), table.Keys.ToArray());
        Assert.IsTrue(table.Values.All(tokens => tokens == 0));
        Assert.AreEqual(3, work.TokensByPurpose()["Generation"]);
    }
}
