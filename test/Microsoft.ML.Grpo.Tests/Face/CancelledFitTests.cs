using TorchSharp;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class CancelledFitTests : FaceTests
{
    private static long LiveTensors => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

    [TestMethod]
    public void A_token_that_is_cancelled_ends_fit_and_frees_the_policy()
    {
        Fit().Dispose();
        var before = LiveTensors;
        using var source = new CancellationTokenSource();
        var error = Assert.ThrowsExactly<OperationCanceledException>(() => Fit(o => (o.CancellationToken, o.Progress) = (source.Token, new AfterStep(1, source.Cancel))));
        Assert.AreEqual(
            "The run was cancelled after step 1 of 2: no policy is returned. To get that of the last finished step, set OnCancel = CancellationBehavior.ReturnLastStep.", error.Message);
        Assert.AreEqual(source.Token, error.CancellationToken);
        Assert.AreEqual(before, LiveTensors);
    }

    [TestMethod]
    public void On_request_a_cancelled_fit_returns_the_policy_of_the_last_finished_step()
    {
        using var whole = Fit(o => o.Steps = 2);
        using var source = new CancellationTokenSource();
        using var cut = Fit(o => (o.Steps, o.CancellationToken, o.OnCancel, o.Progress) = (50, source.Token, CancellationBehavior.ReturnLastStep, new AfterStep(2, source.Cancel)));
        Assert.HasCount(2, cut.Training!.Steps);
        Assert.HasCount(2, cut.Transform(Question.View(Ml, 2)).Texts());
        cut.SavePretrained(Folder["cut"]);
        Assert.AreEqual(whole.Training!.Steps[0]["loss"], cut.Training.Steps[0]["loss"]);
    }

    [TestMethod]
    public void A_cancelled_context_ends_fit_and_frees_the_policy()
    {
        Fit().Dispose();
        var before = LiveTensors;
        var ml = new MLContext(seed: 1);
        var error = Assert.ThrowsExactly<OperationCanceledException>(() => Fit(o => o.Progress = new AfterStep(1, () => Cancellation.Cancel(ml)), ml));
        Assert.AreEqual("The MLContext's execution was cancelled.", error.Message);
        Assert.AreEqual(before, LiveTensors);
    }

    [TestMethod]
    public void A_context_that_was_cancelled_before_trains_nothing()
    {
        var ml = new MLContext(seed: 1);
        Cancellation.Cancel(ml);
        Assert.ThrowsExactly<OperationCanceledException>(() => Fit(ml: ml));
    }

    private sealed class AfterStep(int step, Action act) : IProgress<GrpoProgress>
    {
        public void Report(GrpoProgress value)
        {
            if (value.Step == step && value.Phase == GrpoPhase.StepDone)
            {
                act();
            }
        }
    }
}
