namespace Microsoft.ML.Grpo.Tests;

/// <summary>Every rule, with the whole of what it says.</summary>
[TestClass]
public class OptionRulesTests
{
    private static readonly (Action<GrpoOptions> Change, string Message)[] Cases =
        [.. RunRuleCases.All, .. LossRuleCases.All, .. CorrectionRuleCases.All, .. LearningRuleCases.All, .. AdapterRuleCases.All, .. UseRuleCases.All];

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
            Evaluation = { ValidationData = TestOptions.NoRows(), EvaluateEverySteps = 10, Samples = 1 },
            Generation = { Temperature = 0.7, TopK = 1, TopP = 1, MinP = 1, Seed = -1 },
            CancellationToken = new CancellationTokenSource().Token,
            OnCancel = CancellationBehavior.ReturnLastStep,
        });
    }

    public static IEnumerable<object[]> Combinations =>
    [
        [new GrpoOptions { Loss = { Type = LossType.Grpo, RatioLevel = RatioLevel.Sequence, EpsilonLow = 3e-4, EpsilonHigh = 4e-4 }, StepsPerRollout = 4 }],          // GSPO
        [new GrpoOptions { Loss = { Type = LossType.Dapo, EpsilonHigh = 0.28, MaskTruncatedCompletions = true }, StepsPerRollout = 4, Steps = 10, MinInformativeGroups = 16, MaxResampleRounds = 10 }],
        [new GrpoOptions { Loss = { Type = LossType.DrGrpo, ScaleRewards = ScaleRewards.None } }],
        [new GrpoOptions { Loss = { Type = LossType.Bnpo } }],
        [new GrpoOptions { Loss = { Type = LossType.Cispo, EpsilonHigh = 5 }, IterationsPerRollout = 2 }],
        [new GrpoOptions { Loss = { Type = LossType.Cispo, EpsilonHigh = 5 } }],
        [new GrpoOptions { Loss = { Type = LossType.Sapo, Sapo = { TemperaturePositive = 1, TemperatureNegative = 1.05 } }, StepsPerRollout = 2 }],
        [new GrpoOptions { Loss = { Type = LossType.Luspo, RatioLevel = RatioLevel.Sequence, EpsilonLow = 2e-3, EpsilonHigh = 2.5e-3 }, StepsPerRollout = 4 }],
        [new GrpoOptions { Loss = { Type = LossType.Vespo, Vespo = { KPositive = 2, LambdaPositive = 3, KNegative = 3, LambdaNegative = 2 } }, ImportanceSampling = { Mode = CorrectionMode.TokenTruncate, MaxRatio = 3 } }],
        [new GrpoOptions { Loss = { Custom = TestOptions.UnusedLoss(LossContract.PrecomputedOld), RatioLevel = RatioLevel.Sequence }, ImportanceSampling = { Mode = CorrectionMode.SequenceMask, MinRatio = 0, MaxRatio = 3, Route = CorrectionRoute.Precompute } }],
        [new GrpoOptions { Loss = { Delta = 4, EpsilonHigh = 0.28, OffPolicyMaskThreshold = 0.5, TopEntropyQuantile = 0.2 }, IterationsPerRollout = 2 }],
        [new GrpoOptions { Loss = { RewardAggregation = RewardAggregation.NormalizeThenSum, Entropy = { Coefficient = 0.01 } } }],
        [new GrpoOptions { Loss = { Entropy = { Adaptive = true, Coefficient = 1, Target = 0, Delta = 0.005, Minimum = 1, Maximum = 1 } } }],
        [new GrpoOptions { Loss = { Beta = 0.04 }, Reference = { SyncEverySteps = 10, SyncMix = 1 }, Steps = 10 }],
        [new GrpoOptions { Loss = { Beta = 0.04 }, Lora = new() { Rank = 1, Alpha = 1, RankStabilized = true, Dropout = 0.1, TargetModules = { "q_proj", "layers.0.mlp.down_proj" } } }],
        [new GrpoOptions { Lora = new() { Dropout = 0, TargetModules = { "q_proj", "lm_head" } } }],
        [new GrpoOptions { Lora = new() { AdapterPath = "adapter" } }],
        [new GrpoOptions { Lora = new() { AdapterPath = "adapter", Dropout = 0.1 } }],
        [new GrpoOptions { RolloutEngine = new RoundedRolloutEngine(), ImportanceSampling = { Route = CorrectionRoute.Inline, MinRatio = 0.5 } }],
        [new GrpoOptions { RolloutEngine = new RoundedRolloutEngine(), ImportanceSampling = { Route = CorrectionRoute.Inline }, AdvancedSchedule = new(4, 2, 2) }],
        [new GrpoOptions { RolloutEngine = new RoundedRolloutEngine(), ImportanceSampling = { Route = CorrectionRoute.Precompute, Mode = CorrectionMode.TokenMask, MaxRatio = null }, StepsPerRollout = 4 }],
        [new GrpoOptions { RolloutEngine = new MuteEngine(), ImportanceSampling = { Mode = CorrectionMode.Off } }],
    ];

    [TestMethod]
    [DynamicData(nameof(Combinations))]
    public void Documented_combinations_break_no_rule_and_have_no_warning(object combination)
    {
        var options = (GrpoOptions)combination;
        options.ModelPath = "model";
        options.Rewards.Add(TestOptions.Reward("length"));
        OptionRules.Check(options);
        Assert.IsEmpty(OptionWarnings.For(options));
    }

    [TestMethod]
    public void A_run_may_go_on_from_a_policy_instead_of_a_model()
    {
        var options = TestOptions.Valid();
        (options.ModelPath, options.InitialPolicy) = (null, TestOptions.UnusedPolicy());
        OptionRules.Check(options);
        options.InitialPolicy = TestOptions.AdaptedPolicy(dropout: 0.1);
        OptionRules.Check(options);
        options.InitialPolicy = TestOptions.AdaptedPolicy(onHead: true);
        OptionRules.Check(options);
    }

    [TestMethod]
    public void Without_training_only_what_completing_needs_is_looked_at()
    {
        OptionRules.CheckWithoutTraining(new GrpoOptions { ModelPath = "model", GroupSize = 1, Loss = { Delta = -1 }, Lora = new() { AdapterPath = "adapter", Dropout = -1 } });
        var error = Assert.ThrowsExactly<GrpoOptionsException>(() => OptionRules.CheckWithoutTraining(
            new GrpoOptions { InitialPolicy = TestOptions.UnusedPolicy(), Lora = new() { AdapterPath = "" }, Generation = { BatchSize = 0 } }));
        Assert.AreEqual(
            """
            These GrpoOptions cannot be used:
            - Lora.AdapterPath is empty: name a PEFT adapter directory, or leave it null for new adapters.
            - Generation.BatchSize is 0, but must be 1 or more: leave it at 64.
            - InitialPolicy is set, but here a model is read from files: set ModelPath, and InitialPolicy = null, or use the policy itself.
            """,
            error.Message);
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
            - ModelPath is not set: name the directory of a model in Hugging Face layout, or a GGUF file, such as ModelPath = "models/SmolLM2-135M-Instruct", or set InitialPolicy to the policy of an earlier run.
            - GroupSize is 1, but must be 2 or more: a completion is compared with the others of its group, so set it to, say, 8.
            - Generation.BatchSize is 0, but must be 1 or more: leave it at 64.
            """,
            error.Message);
    }

    [TestMethod]
    public void Rules_do_not_throw_on_options_that_break_all_of_them()
    {
        var options = TestOptions.Valid();
        options.GroupSize = 1; // no case mends this
        foreach (var (change, _) in Cases)
        {
            change(options);
            Assert.ThrowsExactly<GrpoOptionsException>(() => OptionRules.Check(options));
        }
    }
}
