namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class OptionWarningsTests
{
    private const string CannotAct = " has no effect: the weights do not change while a rollout is in use, so the policy ratio is 1 at every update. Raise StepsPerRollout or IterationsPerRollout if it is to act.";

    private const string Measured = "Lora.Dropout is 0.1 and ImportanceSampling.Mode is TokenTruncate: sampling has no dropout, so the IS ratio measures it too. Set Lora.Dropout = 0, or set ImportanceSampling.Mode = Off.";

    [TestMethod]
    public void Defaults_have_no_warning() => Assert.IsEmpty(OptionWarnings.For(TestOptions.Valid()));

    [TestMethod]
    public void Truncated_sampling_is_warned_of()
    {
        var options = TestOptions.Valid();
        (options.Sampling.TopK, options.Sampling.TopP, options.Sampling.MinP) = (50, 0.95, 0.05);
        AssertOnly("Sampling.TopK = 50, Sampling.TopP = 0.95, Sampling.MinP = 0.05 samples from a part of the distribution while the loss sees the whole of it, so the policy learns from a biased sample: leave it null unless you mean it.", options);
    }

    [TestMethod]
    public void Truncation_that_cuts_nothing_is_not_warned_of()
    {
        var options = TestOptions.Valid();
        (options.Sampling.TopP, options.Sampling.MinP) = (1, 0);
        Assert.IsEmpty(OptionWarnings.For(options));
    }

    [TestMethod]
    public void A_learning_rate_of_zero_is_warned_of()
    {
        var options = TestOptions.Valid();
        options.Optimizer.LearningRate = 0;
        AssertOnly("Optimizer.LearningRate is 0: the run samples and scores, but trains nothing.", options);
    }

    [TestMethod]
    public void A_clip_that_cannot_act_is_warned_of()
    {
        var options = TestOptions.Valid();
        options.Loss.EpsilonHigh = 0.28;
        AssertOnly($"Loss.EpsilonHigh = 0.28{CannotAct}", options);
        (options.Loss.EpsilonLow, options.Loss.Delta) = (0.1, 4);
        AssertOnly($"Loss.EpsilonLow = 0.1, Loss.EpsilonHigh = 0.28, Loss.Delta = 4{CannotAct}", options);
    }

    [TestMethod]
    public void Numbers_of_losses_that_cannot_act_are_warned_of()
    {
        AssertOnly($"Loss.Sapo.TemperaturePositive = 2, Loss.Sapo.TemperatureNegative = 3{CannotAct}", Valid(o => (o.Loss.Type, o.Loss.Sapo.TemperaturePositive, o.Loss.Sapo.TemperatureNegative) = (LossType.Sapo, 2, 3)));
        AssertOnly($"Loss.Vespo{CannotAct}", Valid(o => (o.Loss.Type, o.Loss.Vespo.KPositive) = (LossType.Vespo, 1)));
        AssertOnly($"Loss.Vespo{CannotAct}", Valid(o => (o.Loss.Type, o.Loss.Vespo.LambdaPositive) = (LossType.Vespo, 1)));
        AssertOnly($"Loss.Vespo{CannotAct}", Valid(o => (o.Loss.Type, o.Loss.Vespo.KNegative) = (LossType.Vespo, 1)));
        AssertOnly($"Loss.Vespo{CannotAct}", Valid(o => (o.Loss.Type, o.Loss.Vespo.LambdaNegative) = (LossType.Vespo, 1)));
    }

    [TestMethod]
    public void A_mask_of_completions_that_cannot_have_drifted_is_warned_of()
    {
        var options = Valid(o => o.Loss.OffPolicyMaskThreshold = 0.5);
        AssertOnly($"Loss.OffPolicyMaskThreshold = 0.5{CannotAct}", options);
        options.RolloutEngine = new RoundedRolloutEngine();
        Assert.IsEmpty(OptionWarnings.For(options));
    }

    [TestMethod]
    public void A_clip_that_can_act_is_not_warned_of()
    {
        var options = TestOptions.Valid();
        options.Loss.EpsilonHigh = 0.28;
        options.IterationsPerRollout = 2;
        Assert.IsEmpty(OptionWarnings.For(options));
    }

    [TestMethod]
    public void With_a_correction_dropout_moves_the_ratio_of_a_second_walk_or_after_a_scoring_pass()
    {
        var options = Valid(o => (o.Loss.EpsilonHigh, o.AdvancedSchedule, o.Lora) = (0.28, new(4, 2, 2), new() { Dropout = 0.1 }));
        const string Advanced = "Loss.EpsilonHigh = 0.28 has no effect: the weights do not change while a rollout is in use, so the policy ratio is 1 at every update. Make AdvancedSchedule.Accumulation no multiple of SlicesPerRollout × Iterations if it is to act.";
        AssertOnly(Advanced, options); // without a correction each visit's log-probs are the old ones
        options.ImportanceSampling.Mode = CorrectionMode.TokenTruncate;
        AssertOnly(Measured, options);
        options.Lora!.Dropout = 0;
        AssertOnly(Advanced, options);
        (options.Lora!.Dropout, options.AdvancedSchedule) = (0.1, new(4, 2, 1));
        CollectionAssert.AreEqual(new[] { Advanced, Measured }, OptionWarnings.For(options).ToArray());
        options.ImportanceSampling.Route = CorrectionRoute.Precompute;
        AssertOnly(Measured, options);
    }

    [TestMethod]
    public void The_remedy_of_a_clip_that_cannot_act_is_one_that_the_schedule_allows() => AssertOnly(
        "Loss.EpsilonHigh = 0.28 has no effect: the weights do not change while a rollout is in use, so the policy ratio is 1 at every update. Set RolloutsPerStep = null, and StepsPerRollout or IterationsPerRollout above 1, if it is to act.",
        Valid(o => (o.Loss.EpsilonHigh, o.RolloutsPerStep) = (0.28, 2)));

    [TestMethod]
    public void The_dropout_of_an_earlier_policys_adapter_counts_as_that_of_the_options()
    {
        var options = Valid(o => (o.ModelPath, o.InitialPolicy, o.Loss.OffPolicyMaskThreshold) = (null, TestOptions.AdaptedPolicy(), 0.01));
        AssertOnly($"Loss.OffPolicyMaskThreshold = 0.01{CannotAct}", options);
        options.InitialPolicy = TestOptions.AdaptedPolicy(dropout: 0.1);
        Assert.IsEmpty(OptionWarnings.For(options));
        options.ImportanceSampling.Mode = CorrectionMode.TokenTruncate;
        AssertOnly("The dropout of InitialPolicy's adapter is 0.1 and ImportanceSampling.Mode is TokenTruncate: sampling has no dropout, so the IS ratio measures it too. Go on from a policy without dropout, or set ImportanceSampling.Mode = Off.", options);
    }

    [TestMethod]
    public void The_dropout_of_a_directorys_adapter_counts_once_it_is_read()
    {
        var options = Valid(o => (o.Lora, o.ImportanceSampling.Mode) = (new() { AdapterPath = "adapter" }, CorrectionMode.TokenTruncate));
        Assert.IsEmpty(OptionWarnings.For(options));
        AssertOnly(Measured, options.WithDropoutOf(new(new(4, 8, Dropout: 0.1), OnHead: false)));
        options.Lora!.Dropout = 0;
        Assert.IsEmpty(OptionWarnings.For(options.WithDropoutOf(new(new(4, 8, Dropout: 0.1), OnHead: false))));
    }

    [TestMethod]
    public void What_an_earlier_policy_had_and_the_options_leave_out_is_warned_of()
    {
        var settings = new GenerationSettings { Temperature = 0, MaxCompletionTokens = 1, BatchSize = 1, Seed = 0, Precision = Precision.Float32, PromptFormat = PromptFormat.Auto };
        GrpoOptions From(GenerationSettings generation) => Valid(o => (o.ModelPath, o.InitialPolicy) = (null, TestOptions.PolicyOf(generation)));
        Assert.IsEmpty(OptionWarnings.For(From(settings)));
        AssertOnly("SystemPrompt is null, but InitialPolicy has \"Be brief.\", which is not taken over: set SystemPrompt to that text, unless you mean none.", From(settings with { SystemPrompt = "Be brief." }));
        AssertOnly("PromptFormat is Auto, but that of InitialPolicy is Raw, which is not taken over: set PromptFormat = Raw, unless you mean a chat template.", From(settings with { PromptFormat = PromptFormat.Raw }));
        AssertOnly("Sampling.StopTokenIds is empty, but InitialPolicy has 3, 5, which are not taken over: set Sampling.StopTokenIds to them, unless you mean the model's own.", From(settings with { StopTokenIds = [3, 5] }));
        AssertOnly("Execution.Precision is Float32, but that of InitialPolicy is Float64, which is not taken over, so its weights are rounded: set Execution.Precision = Float64, unless you mean it.", From(settings with { Precision = Precision.Float64 }));
        AssertOnly("Execution.ComputeType is Float32, but that of InitialPolicy is BFloat16, which is not taken over: set Execution.ComputeType = BFloat16, unless you mean it.", From(settings with { ComputeType = ComputeType.BFloat16 }));

        var other = From(settings with { SystemPrompt = "Be brief.", StopTokenIds = [3], Precision = Precision.Float64 });
        (other.SystemPrompt, other.Execution.Precision) = ("Be kind.", Precision.Float64);
        other.Sampling.StopTokenIds.Add(5);
        Assert.IsEmpty(OptionWarnings.For(other), "What is set is meant.");
    }

    [TestMethod]
    public void A_ratio_of_the_wrong_level_is_warned_of()
    {
        AssertOnly("Loss.RatioLevel is Token, but Luspo is meant for the ratio of a completion: set Loss.RatioLevel = Sequence.", Valid(o => o.Loss.Type = LossType.Luspo));
        AssertOnly("Loss.RatioLevel is Sequence, but Vespo makes the weight of a completion from the ratios of its tokens by itself: leave Loss.RatioLevel at Token.", Valid(o => (o.Loss.Type, o.Loss.RatioLevel) = (LossType.Vespo, RatioLevel.Sequence)));
    }

    [TestMethod]
    [DataRow(LossType.Dapo)]
    [DataRow(LossType.Bnpo)]
    [DataRow(LossType.DrGrpo)]
    [DataRow(LossType.Cispo)]
    public void A_ratio_of_completions_in_a_sum_over_tokens_is_warned_of(LossType type) => AssertOnly(
        $"Loss.RatioLevel is Sequence, but {type} sums over tokens, so each completion weighs by its length: set Loss.Type = Grpo, which is GSPO.",
        Valid(o => (o.Loss.Type, o.Loss.RatioLevel, o.Loss.EpsilonHigh) = (type, RatioLevel.Sequence, type == LossType.Cispo ? 5 : null)));

    [TestMethod]
    public void A_bound_of_cispo_that_holds_tokens_that_have_not_drifted_is_warned_of()
    {
        AssertOnly("Loss.EpsilonHigh is 0.2, which to Cispo is the greatest weight of a token, not a distance from 1, so even tokens that have not drifted are held to it: set Loss.EpsilonHigh above 1; 5 is usual.", Valid(o => (o.Loss.Type, o.Loss.EpsilonHigh) = (LossType.Cispo, 0.2)));
        Assert.IsEmpty(OptionWarnings.For(Valid(o => o.Loss.Type = LossType.Cispo)));
        AssertOnly("Loss.EpsilonHigh is 1, which to Cispo is the greatest weight of a token, not a distance from 1, so even tokens that have not drifted are held to it: set Loss.EpsilonHigh above 1; 5 is usual.", Valid(o => (o.Loss.Type, o.Loss.EpsilonHigh) = (LossType.Cispo, 1)));
    }

    [TestMethod]
    public void A_second_bound_within_the_first_is_warned_of()
    {
        AssertOnly("Loss.Delta is 1.2, which is not above 1 + Loss.EpsilonHigh (1.2), so it also bounds ratios that the clip allows: raise it.", Valid(o => (o.Loss.Delta, o.StepsPerRollout) = (1.2, 2)));
        AssertOnly("Loss.Delta is 0.9, which is not above 1 + Loss.EpsilonHigh (1.2), so it also bounds ratios that the clip allows: raise it.", Valid(o => o.Loss.Delta = 0.9));
    }

    [TestMethod]
    public void A_threshold_of_drift_below_none_is_warned_of() => AssertOnly(
        "Loss.OffPolicyMaskThreshold is -0.1: below 0 it leaves out completions that have not drifted at all. Set it above 0.",
        Valid(o => o.Loss.OffPolicyMaskThreshold = -0.1));

    [TestMethod]
    public void A_correction_that_measures_dropout_is_warned_of() => AssertOnly(
        Measured,
        Valid(o => (o.RolloutEngine, o.Lora) = (new RoundedRolloutEngine(), new() { Dropout = 0.1 })));

    [TestMethod]
    public void Warnings_name_options_that_exist()
    {
        HashSet<string> names = [.. OptionsUnderTest.All().Select(o => o.Name), nameof(GrpoOptions.Sampling)];
        foreach (OptionRule warning in OptionWarnings.All)
        {
            Assert.Contains(warning.Option, names);
        }
    }

    private static GrpoOptions Valid(Action<GrpoOptions> change)
    {
        var options = TestOptions.Valid();
        change(options);
        return options;
    }

    private static void AssertOnly(string expected, GrpoOptions options)
    {
        OptionRules.Check(options);
        IReadOnlyList<string> warnings = OptionWarnings.For(options);
        Assert.HasCount(1, warnings);
        Assert.AreEqual(expected, warnings[0]);
    }
}
