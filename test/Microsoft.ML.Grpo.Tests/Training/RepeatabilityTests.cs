using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The same seed, options, data and machine give the same weights to the bit.</summary>
[TestClass]
public class RepeatabilityTests
{
    [TestMethod]
    [DataRow(ScalarType.Float32)]
    [DataRow(ScalarType.Float64)]
    public void The_same_seed_gives_the_same_weights_after_ten_steps_and_another_seed_others(ScalarType dtype)
    {
        void Ten(GrpoOptions o) => o.Steps = 10;
        var first = TinyRun.WeightsAfter(Ten, dtype);
        CollectionAssert.AreEqual(first, TinyRun.WeightsAfter(Ten, dtype));
        Assert.IsTrue(TinyPolicy.Distance(first, TinyRun.WeightsAfter(Ten, dtype, seed: 8)) > 1e-4);
    }

    [TestMethod]
    public void Evaluating_changes_nothing()
    {
        using var measured = new TinyRun(o => (o.Steps, o.Evaluation.EvaluateEverySteps) = (6, 2)) { Validation = TinyRun.Prompts(5, first: 11) };
        Assert.AreEqual(3, measured.Train().Steps.Count(s => s.ContainsKey("eval_reward")));
        CollectionAssert.AreEqual(TinyRun.WeightsAfter(o => o.Steps = 6), measured.Weights);
    }

    [TestMethod]
    public void Rows_in_the_order_of_the_data_give_another_run_than_shuffled_ones()
    {
        var shuffled = TinyRun.WeightsAfter();
        var ordered = TinyRun.WeightsAfter(o => o.Shuffle = false);
        Assert.IsTrue(TinyPolicy.Distance(shuffled, ordered) > 1e-5);
        CollectionAssert.AreEqual(ordered, TinyRun.WeightsAfter(o => o.Shuffle = false));
    }

    [TestMethod]
    [DoNotParallelize]
    public void One_thread_and_two_sample_the_same_tokens()
    {
        var threads = get_num_threads();
        using var model = RandomModel.Create(RandomModel.Config with { VocabularySize = 5000, HiddenSize = 64 }, ScalarType.Float32);
        RolloutPrompt[] prompts = [.. Enumerable.Range(0, 8).Select(place => new RolloutPrompt(place, [.. Enumerable.Range(1, 3 + (5 * place))]))];
        Completion[] With(int count)
        {
            set_num_threads(count);
            return [.. new InProcessEngine(model, new(), WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode)
                .Sample(new(prompts, 8, new() { MaxTokens = 30, StopIds = new HashSet<int> { 0 } }, new(1), DrawPurpose.Training, 0), default).SelectMany(g => g.Completions)];
        }

        try
        {
            foreach (var (one, two) in With(1).Zip(With(2)))
            {
                CollectionAssert.AreEqual(one.Ids.ToArray(), two.Ids.ToArray());
                Near.AreEqual([.. one.LogProbs!], [.. two.LogProbs!], 1e-5, "log-prob");
            }
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    // Enough rows, tokens and vocabulary for operators to be split over threads (above 32,768 elements). Sums that are
    // split differently round differently: to the bit, a run repeats with the same number of threads only.
    [TestMethod]
    [DoNotParallelize]
    [DataRow(ScalarType.Float32, 1e-5)]
    [DataRow(ScalarType.Float64, 1e-12)]
    public void Two_threads_repeat_to_the_bit_and_agree_with_one_to_rounding(ScalarType dtype, double bound)
    {
        var threads = get_num_threads();
        try
        {
            double[] With(int count)
            {
                set_num_threads(count);
                return TinyRun.WeightsAfter(o => (o.GroupSize, o.PromptsPerRollout, o.MaxCompletionTokens, o.Steps) = (16, 8, 48, 2), dtype);
            }

            var two = With(2);
            CollectionAssert.AreEqual(two, With(2)); // Not more often: on a busy machine two threads wait for each other.
            var distance = TinyPolicy.Distance(With(1), two);
            Assert.IsTrue(distance <= bound, $"distance {distance}");
        }
        finally
        {
            set_num_threads(threads);
        }
    }
}
