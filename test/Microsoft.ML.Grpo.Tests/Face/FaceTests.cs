namespace Microsoft.ML.Grpo.Tests;

/// <summary>What the tests of the ML.NET face share: a model directory of their own, deleted with all that they write.</summary>
public abstract class FaceTests : IDisposable
{
    private protected readonly TemporaryFolder Folder = new();

    protected FaceTests() => Model = TinyModel.Write(Folder["model"]);

    /// <summary>The model directory.</summary>
    protected string Model { get; }

    protected MLContext Ml { get; } = new(seed: 1);

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected GrpoTransformer Fit(Action<GrpoOptions>? change = null, MLContext? ml = null, IDataView? data = null)
    {
        ml ??= Ml;
        var options = TinyModel.Options(Model);
        change?.Invoke(options);
        return ml.Transforms.TrainGrpo(options).Fit(data ?? Question.View(ml, 8));
    }
}
