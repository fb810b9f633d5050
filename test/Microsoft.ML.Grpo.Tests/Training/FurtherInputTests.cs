using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Further inputs of rows from the data to the passes over a rollout.</summary>
[TestClass]
public class FurtherInputTests
{
    private static readonly TokenSequence[] Rows =
        [.. Enumerable.Range(0, 12).Select(i => new TokenSequence(
            [.. Enumerable.Range(0, 1 + (i * 5 % 7)).Select(t => 2 + i + t)], [.. Enumerable.Range(0, 1 + (i * 3 % 5)).Select(t => 20 + i - t)], i % 4 == 0 ? null : 0.5 * i))];

    [TestMethod]
    public void Scoring_gives_the_numbers_of_each_row_alone_in_any_split_and_order()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = BiasedByInputLM.Create();
        var alone = Rows.Select(row => Score(model, [row])[0]).ToArray();
        Assert.IsTrue((Score(model, [Rows[5] with { Further = null }])[0] - alone[5]).abs().max().item<double>() > 1e-3, "Otherwise the input would not matter.");
        foreach (var budget in new[] { 1, 17, 40, 1000 })
        {
            foreach (var order in new[] { Enumerable.Range(0, 12), new RunRandom(3).Permutation(DrawPurpose.Check, budget, 12) })
            {
                var places = order.ToArray();
                foreach (var (batch, _) in MicroBatches.Split(Enumerable.Range(0, 12), i => Rows[places[i]], budget, PromptSharing.Auto))
                {
                    var lp = Score(model, [.. batch.Select(i => Rows[places[i]])]);
                    foreach (var (i, row) in batch.Select((i, row) => (i, row)))
                    {
                        var expected = alone[places[i]];
                        Assert.IsTrue((lp[row].narrow(0, 0, expected.shape[0]) - expected).abs().max().item<double>() <= 1e-12);
                    }
                }
            }
        }
    }

    [TestMethod]
    public void Gradients_of_any_split_are_those_of_the_rows_alone()
    {
        using var model = BiasedByInputLM.Create();
        model.RequireGradients(true);
        double[] Gradients(int size)
        {
            using var scope = NewDisposeScope();
            foreach (var parameter in model.Parameters.Values)
            {
                parameter.grad?.zero_();
            }

            foreach (var rows in Rows.Chunk(size))
            {
                Score(model, rows).sum().backward();
            }

            return [.. model.Parameters.Values.SelectMany(p => Near.Doubles(p.grad!))];
        }

        var alone = Gradients(1);
        Assert.IsTrue(TinyPolicy.Distance(alone, Gradients(5)) <= 1e-12);
        Assert.IsTrue(TinyPolicy.Distance(alone, Gradients(12)) <= 1e-12);
    }

    [TestMethod]
    public void Inputs_reach_the_network_block_by_block_and_none_does_when_there_is_none()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = BiasedByInputLM.Create();
        var dropout = new DropoutKey(1, 2, 3, WorkPurpose.Loss, [5, 9]);
        SequenceScorer.Score(model, Rows[..2], new PassSettings(1, int.MaxValue), new(), WorkPurpose.Loss, dropout: dropout);
        Score(model, [.. Rows.Select(r => r with { Further = null })]);
        CollectionAssert.AreEquivalent(new object?[] { null, 0.5 }, model.Passes[..^1].SelectMany(pass => pass!.Further!).ToArray());
        Assert.IsNull(model.Passes[^1]);
    }

    [TestMethod]
    public void A_rows_input_is_with_every_completion_of_its_group_wherever_the_rollout_is_shuffled_to()
    {
        using var policy = TinyPolicy.Create();
        var prepared = PromptPreparation.Prepare(
            [.. TinyRun.Prompts(4).Select(p => p with { Further = p.Row == 2 ? null : $"image {p.Row}" })], policy, 90, OverlongPrompts.Error, new LogLines());
        var engine = new WatchedEngine();
        var stage = new RolloutStage(engine, policy.Tokenizer, new([TinyRun.Share]), new LossOptions(), new(1));
        var scored = stage.Run(prepared, 3, new() { MaxTokens = 8, StopIds = new HashSet<int>() }, DrawPurpose.Training, 0, null, default);
        CollectionAssert.AreEqual(new object?[] { "image 0", "image 1", null, "image 3" }, engine.Inputs);

        using var batch = new TrainingBatch(scored, 0, new RunRandom(5).Permutation(DrawPurpose.RowOrder, 0, 12), false, ScalarType.Float64, CPU);
        CollectionAssert.AreNotEqual(scored.Rows.ToArray(), batch.Rows.ToArray());
        foreach (var row in batch.Rows)
        {
            Assert.AreEqual(row.Sample.Row == 2 ? null : $"image {row.Sample.Row}", row.Sequence.Further);
        }
    }

    [TestMethod]
    public void A_prompt_with_an_input_is_left_out_whole_but_never_cut()
    {
        using var policy = TinyPolicy.Create();
        PromptRow[] rows = [new(0, "abc", new Dictionary<string, object?>(), 1.0), new(1, "abcdefgh", new Dictionary<string, object?>(), 2.0)];
        var error = Assert.ThrowsExactly<ArgumentException>(() => PromptPreparation.Prepare(rows, policy, 5, OverlongPrompts.TruncateLeft, new LogLines()));
        Assert.AreEqual(
            "The prompt of row 1 (counted from 0) of the training data has 8 tokens, more than the 5 that leave room for a completion, and cannot be cut: "
            + "it has a further input, which may belong to what would be lost. Shorten it, lower MaxCompletionTokens, or set OverlongPrompts to Skip.", error.Message);
        Assert.AreEqual(1.0, PromptPreparation.Prepare(rows, policy, 5, OverlongPrompts.Skip, new LogLines()).Single().Further);
    }

    [TestMethod]
    public void Scoring_rows_with_inputs_runs_forward_and_backward_on_the_meta_device()
    {
        using var scope = NewDisposeScope();
        using var model = BiasedByInputLM.Create(dtype: ScalarType.Float32, device: META);
        model.RequireGradients(true);
        var lp = Score(model, Rows);
        CollectionAssert.AreEqual(new long[] { 12, 5 }, lp.shape);
        lp.sum().backward();
        Assert.IsTrue(model.Parameters.Values.All(p => p.grad?.device_type == DeviceType.META));
    }

    [TestMethod]
    public void A_run_opens_with_a_check_of_its_own_prompts_if_they_have_inputs_and_of_random_ids_if_not()
    {
        using var model = BiasedByInputLM.Create();
        PreparedPrompt Prompt(object? further) => new(new(0, "", new Dictionary<string, object?>(), further), [2, 3, 4]);
        void Check(params PreparedPrompt[] prompts)
        {
            model.Passes.Clear();
            var log = new LogLines();
            RunOpening.CheckRows(log, model, new() { MaxTokens = 5, StopIds = new HashSet<int>() }, new(1), default, prompts);
            Assert.IsEmpty(log.Warnings);
        }

        Check(Prompt(null), Prompt(1.5));
        Assert.IsTrue(model.Passes.All(p => p!.Further!.All(input => input is null or 1.5) && p.Further!.Contains(1.5)));
        Check(Prompt(null));
        Assert.IsTrue(model.Passes.Count > 0 && model.Passes.All(p => p is null));
    }

    [TestMethod]
    public void The_drift_of_a_policy_that_has_not_moved_is_zero_with_inputs_too()
    {
        using var policy = TinyPolicy.Create();
        using var model = BiasedByInputLM.Create(RandomModel.Config with { VocabularySize = 257 });
        var prepared = PromptPreparation.Prepare([.. TinyRun.Prompts(5).Select(p => p with { Further = p.Row == 2 ? null : 0.5 + p.Row })], policy, 90, OverlongPrompts.Error, new LogLines());
        var stage = new RolloutStage(new InProcessEngine(model, new(), WorkPurpose.Evaluation, WorkPurpose.Evaluation), policy.Tokenizer, new([TinyRun.Share]), new LossOptions(), new(1));
        var evaluator = new Evaluator(stage, [prepared], new() { MaxTokens = 8, StopIds = policy.StopIds }, 3, null, new PolicyDrift(model, new(1, 60), new()), greedy: true);
        Assert.AreEqual(0, evaluator.Run(default)["eval_drift"]);
        Assert.AreEqual(0, evaluator.Run(default)["eval_drift"], 1e-12);
    }

    private static Tensor Score(CausalLM model, IReadOnlyList<TokenSequence> rows) => SequenceScorer.Score(model, rows, new PassSettings(0.9, int.MaxValue), new(), WorkPurpose.Loss).LogProbs;

    /// <summary>Notes the inputs of the prompts that it is given.</summary>
    private sealed class WatchedEngine : IRolloutEngine
    {
        private readonly ScriptedEngine _engine = ScriptedEngine.Ragged(8);

        public object?[] Inputs { get; private set; } = [];

        public ValueTask<IReadOnlyList<PromptGroup>> SampleAsync(RolloutRequest request, CancellationToken cancellationToken)
        {
            Inputs = [.. request.Prompts.Select(p => p.Further)];
            return _engine.SampleAsync(request, cancellationToken);
        }
    }
}
