using Microsoft.ML.Data;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Every rule, with the whole of what it says.</summary>
[TestClass]
public class OptionRulesTests
{
    private static readonly IDataView Data = new MLContext(0).Data.LoadFromEnumerable<Row>([]);

    private static readonly (Action<GrpoOptions> Change, string Message)[] Cases =
    [
        (o => o.ModelPath = null, "ModelPath is not set: name the directory of a model in Hugging Face layout, such as ModelPath = \"models/SmolLM2-135M-Instruct\"."),

        (o => o.PromptColumnName = " ", "PromptColumnName is empty: name the text column that holds the prompts, such as \"Prompt\"."),
        (o => o.OutputColumnName = null!, "OutputColumnName is empty: name the column that Transform adds, such as \"Completion\"."),
        (o => o.LogProbColumnName = "", "LogProbColumnName is empty: name the column, or leave it null for none."),
        (o => o.FinishReasonColumnName = "", "FinishReasonColumnName is empty: name the column, or leave it null for none."),
        (o => o.OutputColumnName = "Prompt", "PromptColumnName and OutputColumnName are both \"Prompt\": give each column a name of its own."),
        (o => (o.LogProbColumnName, o.FinishReasonColumnName) = ("X", "X"), "LogProbColumnName and FinishReasonColumnName are both \"X\": give each column a name of its own."),

        (o => o.PromptFormat = (PromptFormat)9, "PromptFormat is 9, which is no PromptFormat: use Auto or Raw."),
        (o => (o.SystemPrompt, o.PromptFormat) = ("Be brief.", PromptFormat.Raw), "SystemPrompt is set, but PromptFormat is Raw, which has no system message: set PromptFormat = Auto, or SystemPrompt = null and put the text into the prompts."),
        (o => o.MaxPromptTokens = 0, "MaxPromptTokens is 0, but must be 1 or more: leave it null for the model's context less MaxCompletionTokens."),
        (o => o.OverlongPrompts = (OverlongPrompts)9, "OverlongPrompts is 9, which is no OverlongPrompts: use Error or Skip or TruncateLeft."),

        (o => o.Rewards.Clear(), "Rewards is empty, so there is nothing to learn: add at least one, such as Rewards = { Reward.ExactMatch(\"Answer\") }."),
        (o => o.Rewards.Add(null!), "Rewards[1] is null: take it out."),
        (o => o.Rewards.Add(TestOptions.Reward("length")), "Rewards has more than one reward named \"length\": give each a name of its own, since metrics and errors use it."),
        (o => o.Rewards[0] = TestOptions.Reward("length", 0), "Every reward has the weight 0, so there is nothing to learn: give at least one another weight."),

        (o => o.GroupSize = 1, "GroupSize is 1, but must be 2 or more: a completion is compared with the others of its group, so set it to, say, 8."),
        (o => o.PromptsPerRollout = 0, "PromptsPerRollout is 0, but must be 1 or more: set it to, say, 16."),
        (o => o.PromptsPerRollout = 1_000_000_000, "PromptsPerRollout × GroupSize is 8000000000 completions, but a rollout holds at most 2147483647: make either smaller."),
        (o => o.MaxCompletionTokens = 0, "MaxCompletionTokens is 0, but must be 1 or more: set it to, say, 256."),
        (o => o.Steps = 0, "Steps is 0, but must be 1 or more: leave it null to count by Epochs."),
        (o => o.Epochs = -1, "Epochs is -1, but must be 1 or more: leave it null for one, or count by Steps."),
        (o => (o.Steps, o.Epochs) = (100, 2), "Steps is 100 and Epochs is 2, but only one can decide the length of the run: set either to null."),

        (o => o.StepsPerRollout = 0, "StepsPerRollout is 0, but must be 1 or more: leave it null for 1."),
        (o => o.RolloutsPerStep = 0, "RolloutsPerStep is 0, but must be 1 or more: leave it null for 1."),
        (o => o.IterationsPerRollout = 0, "IterationsPerRollout is 0, but must be 1 or more: leave it null for 1."),
        (o => o.StepsPerRollout = 3, "StepsPerRollout is 3, which does not divide the 128 completions of a rollout (PromptsPerRollout 16 × GroupSize 8) into equal parts: use a divisor of 128."),
        (o => (o.StepsPerRollout, o.RolloutsPerStep) = (2, 4), "StepsPerRollout is 2 and RolloutsPerStep is 4, but a rollout is either cut into steps or gathered into one: set either to null, or use AdvancedSchedule."),
        (o => (o.IterationsPerRollout, o.RolloutsPerStep) = (2, 4), "IterationsPerRollout is 2 and RolloutsPerStep is 4, but an iteration ends before the next rollout is sampled, so a step cannot gather rollouts too: set either to null, or use AdvancedSchedule."),
        (o => (o.AdvancedSchedule, o.StepsPerRollout) = (new(1, 1, 1), 1), "AdvancedSchedule is set, and so is StepsPerRollout, which it replaces: set either to null."),
        (o => (o.AdvancedSchedule, o.RolloutsPerStep, o.IterationsPerRollout) = (new(1, 1, 1), 1, 1), "AdvancedSchedule is set, and so are RolloutsPerStep, IterationsPerRollout, which it replaces: set either to null."),
        (o => o.AdvancedSchedule = new(0, 1, 1), "AdvancedSchedule.Accumulation is 0, but must be 1 or more: use 1 for an update after every slice."),
        (o => o.AdvancedSchedule = new(1, 0, 1), "AdvancedSchedule.SlicesPerRollout is 0, but must be 1 or more: use 1 for a rollout in one piece."),
        (o => o.AdvancedSchedule = new(1, 1, 0), "AdvancedSchedule.Iterations is 0, but must be 1 or more: use 1 to go through a rollout once."),
        (o => o.AdvancedSchedule = new(1, 5, 1), "AdvancedSchedule.SlicesPerRollout is 5, which does not divide the 128 completions of a rollout (PromptsPerRollout 16 × GroupSize 8) into equal parts: use a divisor of 128."),

        (o => o.Sampling.Temperature = 0, "Sampling.Temperature is 0, but must be above 0 and finite: completions that are all alike teach nothing, so leave it at 1."),
        (o => o.Sampling.TopK = 0, "Sampling.TopK is 0, but must be 1 or more: leave it null for off."),
        (o => o.Sampling.TopP = 1.5, "Sampling.TopP is 1.5, but must be above 0 and at most 1: leave it null for off."),
        (o => o.Sampling.MinP = -0.1, "Sampling.MinP is -0.1, but must be from 0 to 1: leave it null for off."),
        (o => o.Sampling.StopTokenIds.Add(-3), "Sampling.StopTokenIds holds -3, but token ids start at 0: take it out, or leave the list empty for the model's own."),

        (o => o.Loss.Type = (LossType)9, "Loss.Type is 9, which is no LossType: use Dapo or Grpo."),
        (o => o.Loss.EpsilonLow = 1.01, "Loss.EpsilonLow is 1.01, but must be above 0 and at most 1: leave it at 0.2."),
        (o => o.Loss.EpsilonHigh = 0, "Loss.EpsilonHigh is 0, but must be above 0 and finite: leave it null for the value of EpsilonLow."),
        (o => o.Loss.Beta = double.PositiveInfinity, "Loss.Beta is Infinity, but must be 0 or more and finite: leave it at 0 for no reference policy."),
        (o => o.Loss.BiasCorrectedKl = false, "Loss.BiasCorrectedKl is false, but has no effect while Loss.Beta is 0: set Loss.Beta above 0, or Loss.BiasCorrectedKl = null."),
        (o => o.Loss.ScaleRewards = (ScaleRewards)9, "Loss.ScaleRewards is 9, which is no ScaleRewards: use Group or Batch or None."),

        (o => o.Optimizer.LearningRate = double.NaN, "Optimizer.LearningRate is NaN, but must be 0 or more and finite: leave it null for 1e-6."),
        (o => o.Optimizer.Schedule = (LearningRateSchedule)9, "Optimizer.Schedule is 9, which is no LearningRateSchedule: use Constant or Linear or Cosine."),
        (o => o.Optimizer.WarmupSteps = -1, "Optimizer.WarmupSteps is -1, but must be 0 or more: leave it null for 5 % of the steps."),
        (o => (o.Optimizer.WarmupSteps, o.Steps) = (20, 10), "Optimizer.WarmupSteps is 20, but the run has 10 steps, so the learning rate would never be reached: make it smaller, or null for 5 % of the steps."),
        (o => o.Optimizer.Beta1 = 1, "Optimizer.Beta1 is 1, but must be from 0 to below 1: leave it at 0.9."),
        (o => o.Optimizer.Beta2 = -1, "Optimizer.Beta2 is -1, but must be from 0 to below 1: leave it at 0.999."),
        (o => o.Optimizer.Epsilon = 0, "Optimizer.Epsilon is 0, but must be above 0 and finite: leave it at 1e-8."),
        (o => o.Optimizer.WeightDecay = -1, "Optimizer.WeightDecay is -1, but must be 0 or more and finite: leave it at 0 for none."),
        (o => o.Optimizer.MaxGradientNorm = -1, "Optimizer.MaxGradientNorm is -1, but must be 0 or more and finite: leave it at 1, or set 0 for no clipping."),

        (o => (o.Evaluation.EvaluateEverySteps, o.Evaluation.ValidationData) = (0, Data), "Evaluation.EvaluateEverySteps is 0, but must be 1 or more: leave it null to evaluate before the first step and after the last only."),
        (o => (o.Evaluation.Samples, o.Evaluation.ValidationData) = (0, Data), "Evaluation.Samples is 0, but must be 1 or more: leave it null for as many as GroupSize."),
        (o => o.Evaluation.EvaluateEverySteps = 5, "Evaluation.EvaluateEverySteps is 5, but there is nothing to evaluate on: set Evaluation.ValidationData, or Evaluation.EvaluateEverySteps = null."),
        (o => o.Evaluation.Samples = 4, "Evaluation.Samples is 4, but there is nothing to evaluate on: set Evaluation.ValidationData, or Evaluation.Samples = null."),
        (o => (o.Evaluation.EvaluateEverySteps, o.Evaluation.ValidationData, o.Steps) = (11, Data, 10), "Evaluation.EvaluateEverySteps is 11, but the run has 10 steps, so it has no effect: make it smaller, or null to evaluate before the first step and after the last only."),

        (o => o.Execution.MicroBatchTokens = 0, "Execution.MicroBatchTokens is 0, but must be 1 or more: leave it null for 4096."),
        (o => o.Execution.Threads = 0, "Execution.Threads is 0, but must be 1 or more: leave it null for TorchSharp's own choice."),
        (o => o.Execution.Precision = (Precision)9, "Execution.Precision is 9, which is no Precision: use Float32 or Float64."),

        (o => o.Generation.MaxCompletionTokens = 0, "Generation.MaxCompletionTokens is 0, but must be 1 or more: leave it null for as many as in training."),
        (o => o.Generation.Temperature = -1, "Generation.Temperature is -1, but must be 0 or more and finite: leave it at 0 for the likeliest token."),
        (o => (o.Generation.Temperature, o.Generation.TopK) = (1, 0), "Generation.TopK is 0, but must be 1 or more: leave it null for off."),
        (o => (o.Generation.Temperature, o.Generation.TopP) = (1, 0), "Generation.TopP is 0, but must be above 0 and at most 1: leave it null for off."),
        (o => (o.Generation.Temperature, o.Generation.MinP) = (1, 2), "Generation.MinP is 2, but must be from 0 to 1: leave it null for off."),
        (o => o.Generation.TopK = 5, "Generation.TopK is 5, but has no effect while Generation.Temperature is 0, which takes the likeliest token: set Generation.Temperature above 0, or Generation.TopK = null."),
        (o => o.Generation.TopP = 0.5, "Generation.TopP is 0.5, but has no effect while Generation.Temperature is 0, which takes the likeliest token: set Generation.Temperature above 0, or Generation.TopP = null."),
        (o => o.Generation.MinP = 0.5, "Generation.MinP is 0.5, but has no effect while Generation.Temperature is 0, which takes the likeliest token: set Generation.Temperature above 0, or Generation.MinP = null."),
        (o => o.Generation.Seed = 7, "Generation.Seed is 7, but has no effect while Generation.Temperature is 0, which takes the likeliest token: set Generation.Temperature above 0, or Generation.Seed = null."),
        (o => o.Generation.BatchSize = 0, "Generation.BatchSize is 0, but must be 1 or more: leave it at 64."),

        (o => o.OnCancel = (CancellationBehavior)9, "OnCancel is 9, which is no CancellationBehavior: use Throw or ReturnLastStep."),
        (o => o.OnCancel = CancellationBehavior.ReturnLastStep, "OnCancel is ReturnLastStep, but CancellationToken can never be cancelled: set CancellationToken to the token of a CancellationTokenSource, or OnCancel = Throw."),
    ];

    public static IEnumerable<object[]> CaseNumbers => Cases.Select((_, i) => new object[] { i });

    [TestMethod]
    [DynamicData(nameof(CaseNumbers))]
    public void Each_violation_is_told_alone_and_in_full(int number)
    {
        var options = TestOptions.Valid();
        Cases[number].Change(options);
        var error = Assert.ThrowsExactly<GrpoOptionsException>(() => OptionRules.Check(options));
        Assert.AreEqual("These GrpoOptions cannot be used:\n- " + Cases[number].Message, error.Message);
    }

    [TestMethod]
    public void Every_rule_has_a_case_and_names_its_option()
    {
        foreach (OptionRule rule in OptionRules.All)
        {
            string[] messages = [.. Cases.Select(c =>
            {
                var options = TestOptions.Valid();
                c.Change(options);
                return rule.IsBroken(options) ? rule.Message(options) : "";
            }).Where(m => m.Length > 0)];
            Assert.IsNotEmpty(messages, $"A rule for {rule.Option} is broken by no case.");
            string name = rule.Option == "Rewards" ? "reward" : rule.Option;
            Assert.IsTrue(messages.Any(m => m.Contains(name, StringComparison.OrdinalIgnoreCase)), $"{rule.Option} is not named in: {messages[0]}");
        }
    }

    [TestMethod]
    public void Rules_name_options_that_exist()
    {
        HashSet<string> names = [.. OptionsUnderTest.All().Select(o => o.Name), "AdvancedSchedule.Accumulation", "AdvancedSchedule.SlicesPerRollout", "AdvancedSchedule.Iterations"];
        foreach (OptionRule rule in OptionRules.All)
        {
            Assert.Contains(rule.Option, names);
        }
    }

    [TestMethod]
    public void Sensible_options_are_accepted()
    {
        OptionRules.Check(TestOptions.Valid());
        OptionRules.Check(new GrpoOptions
        {
            ModelPath = "model",
            SystemPrompt = "",
            Rewards = { TestOptions.Reward("a", 0), TestOptions.Reward("b", -0.5) },
            Steps = 10,
            StepsPerRollout = 4,
            RolloutsPerStep = 1,
            IterationsPerRollout = 2,
            Loss = { Beta = 0.04, BiasCorrectedKl = false, EpsilonLow = 1, EpsilonHigh = 4 },
            Optimizer = { LearningRate = 0, WarmupSteps = 10, MaxGradientNorm = 0 },
            Sampling = { TopP = 1, MinP = 0, TopK = 1, StopTokenIds = { 0 } },
            Evaluation = { ValidationData = Data, EvaluateEverySteps = 10, Samples = 1 },
            Generation = { Temperature = 0.7, TopK = 1, TopP = 1, MinP = 1, Seed = -1 },
            CancellationToken = new CancellationTokenSource().Token,
            OnCancel = CancellationBehavior.ReturnLastStep,
        });
    }

    [TestMethod]
    public void All_violations_come_in_one_exception_in_the_order_of_the_options()
    {
        var options = TestOptions.Valid();
        options.Generation.BatchSize = 0;
        options.GroupSize = 1;
        options.ModelPath = null;
        var error = Assert.ThrowsExactly<GrpoOptionsException>(() => OptionRules.Check(options));
        Assert.HasCount(3, error.Violations);
        Assert.AreEqual(
            """
            These GrpoOptions cannot be used:
            - ModelPath is not set: name the directory of a model in Hugging Face layout, such as ModelPath = "models/SmolLM2-135M-Instruct".
            - GroupSize is 1, but must be 2 or more: a completion is compared with the others of its group, so set it to, say, 8.
            - Generation.BatchSize is 0, but must be 1 or more: leave it at 64.
            """,
            error.Message);
    }

    [TestMethod]
    public void Rules_do_not_throw_on_options_that_break_all_of_them()
    {
        var options = TestOptions.Valid();
        foreach (var (change, _) in Cases)
        {
            change(options);
            Assert.ThrowsExactly<GrpoOptionsException>(() => OptionRules.Check(options));
        }
    }

    private sealed class Row
    {
        [LoadColumn(0)]
        public string Prompt { get; set; } = "";
    }
}
