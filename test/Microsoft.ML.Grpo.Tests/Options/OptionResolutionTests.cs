namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class OptionResolutionTests
{
    [TestMethod]
    [DataRow(null, null, null, 1, 1, 1)]
    [DataRow(4, null, null, 1, 4, 1)]
    [DataRow(null, 4, null, 4, 1, 1)]
    [DataRow(2, null, 3, 1, 2, 3)]
    public void The_three_counts_become_a_schedule_in_slices(int? stepsPerRollout, int? rolloutsPerStep, int? iterations, int accumulation, int slices, int walks)
    {
        var options = new GrpoOptions { StepsPerRollout = stepsPerRollout, RolloutsPerStep = rolloutsPerStep, IterationsPerRollout = iterations };
        Assert.AreEqual(new Schedule(accumulation, slices, walks), options.ResolveSchedule());
    }

    [TestMethod]
    public void An_advanced_schedule_is_taken_as_it_is() =>
        Assert.AreEqual(new Schedule(4, 2, 2), new GrpoOptions { AdvancedSchedule = new(4, 2, 2) }.ResolveSchedule());

    [TestMethod]
    public void Without_steps_a_run_is_one_epoch()
    {
        Assert.AreEqual(1, new GrpoOptions().ResolvedEpochs);
        Assert.AreEqual(3, new GrpoOptions { Epochs = 3 }.ResolvedEpochs);
        Assert.IsNull(new GrpoOptions { Steps = 5 }.ResolvedEpochs);
    }

    [TestMethod]
    [DataRow(1, 0)]
    [DataRow(2, 1)]
    [DataRow(20, 1)]
    [DataRow(21, 2)]
    [DataRow(100, 5)]
    [DataRow(int.MaxValue, 107_374_183)]
    public void Warm_up_is_a_twentieth_of_the_steps_and_at_least_one_but_in_a_run_of_one_step(int steps, int expected) =>
        Assert.AreEqual(expected, new OptimizerOptions().ResolveWarmupSteps(steps));

    [TestMethod]
    public void Warm_up_that_is_set_is_kept() =>
        Assert.AreEqual(7, new OptimizerOptions { WarmupSteps = 7 }.ResolveWarmupSteps(100));

    [TestMethod]
    public void A_run_by_epochs_is_checked_again_when_its_steps_are_known()
    {
        var options = TestOptions.Valid();
        (options.Epochs, options.Optimizer.WarmupSteps) = (2, 7);
        OptionRules.Check(options);
        GrpoOptions known = options.ForSteps(7);
        Assert.AreEqual(7, known.Steps);
        Assert.IsNull(known.Epochs);
        Assert.AreEqual(2, options.Epochs, "The options themselves stay as they are.");
        var error = Assert.ThrowsExactly<GrpoOptionsException>(() => options.ForSteps(6));
        Assert.AreEqual("These GrpoOptions cannot be used:\n- Optimizer.WarmupSteps is 7, but the run has 6 steps, so the learning rate would never be reached: make it smaller, or null for 5 % of the steps.", error.Message);
    }

    [TestMethod]
    public void What_is_null_takes_the_documented_default()
    {
        var options = new GrpoOptions { GroupSize = 5, MaxCompletionTokens = 77, Loss = { EpsilonLow = 0.3 } };
        Assert.AreEqual(5, options.ResolvedEvaluationSamples);
        Assert.AreEqual(77, options.ResolvedGenerationTokens);
        Assert.AreEqual(new ObjectiveSettings { EpsilonLow = 0.3, EpsilonHigh = 0.3, BiasCorrectedKl = true }, options.Loss.ToObjective(CorrectionSettings.Off));
        Assert.AreEqual(3, options.ResolvedMaxResampleRounds);
        Assert.AreEqual((0.2, 0.005, 0.0, 1.0), (options.Loss.Entropy.ResolvedTarget, options.Loss.Entropy.ResolvedDelta, options.Loss.Entropy.ResolvedMinimum, options.Loss.Entropy.ResolvedMaximum));
        Assert.IsFalse(options.Loss.Entropy.HasBonus);
        Assert.AreEqual(new LoraSettings(16, 32, RankStabilized: false, Dropout: 0), new LoraOptions().ToSettings());
        Assert.AreEqual(new LoraSettings(8, 4, RankStabilized: true, Dropout: 0.5), new LoraOptions { Rank = 8, Alpha = 4, RankStabilized = true, Dropout = 0.5 }.ToSettings());
        Assert.AreEqual(0.6, options.Reference.ResolvedSyncMix);
        Assert.AreEqual(4096, options.Execution.ResolvedMicroBatchTokens);
    }

    [TestMethod]
    public void What_is_set_is_taken()
    {
        var options = new GrpoOptions
        {
            Evaluation = { Samples = 2 },
            Generation = { MaxCompletionTokens = 3 },
            Loss = { Type = LossType.Grpo, EpsilonLow = 0.1, EpsilonHigh = 0.28, Beta = 0.04, BiasCorrectedKl = false },
            MaxResampleRounds = 7,
            Reference = { SyncMix = 0.25 },
            Execution = { MicroBatchTokens = 6 },
        };
        Assert.AreEqual(2, options.ResolvedEvaluationSamples);
        Assert.AreEqual(3, options.ResolvedGenerationTokens);
        Assert.AreEqual(new ObjectiveSettings { LossType = LossType.Grpo, EpsilonLow = 0.1, EpsilonHigh = 0.28, Beta = 0.04, BiasCorrectedKl = false }, options.Loss.ToObjective(CorrectionSettings.Off));
        Assert.AreEqual(7, options.ResolvedMaxResampleRounds);
        Assert.AreEqual(0.25, options.Reference.ResolvedSyncMix);
        Assert.AreEqual(6, options.Execution.ResolvedMicroBatchTokens);
    }

    [TestMethod]
    public void The_learning_rate_defaults_to_a_larger_one_for_adapters()
    {
        Assert.AreEqual(5e-6, new OptimizerOptions().ResolveLearningRate(lora: false));
        Assert.AreEqual(2e-4, new OptimizerOptions().ResolveLearningRate(lora: true));
        Assert.AreEqual(0.5, new OptimizerOptions { LearningRate = 0.5 }.ResolveLearningRate(lora: false));
        Assert.AreEqual(0.5, new OptimizerOptions { LearningRate = 0.5 }.ResolveLearningRate(lora: true));
    }

    [TestMethod]
    [DataRow(null, false, CorrectionMode.Off)]
    [DataRow(null, true, CorrectionMode.TokenTruncate)]
    [DataRow(CorrectionMode.Off, true, CorrectionMode.Off)]
    [DataRow(CorrectionMode.SequenceMask, false, CorrectionMode.SequenceMask)]
    [DataRow(CorrectionMode.SequenceMask, true, CorrectionMode.SequenceMask)]
    public void The_correction_defaults_to_what_the_sampler_needs(CorrectionMode? mode, bool engine, CorrectionMode expected)
    {
        var options = new GrpoOptions { RolloutEngine = engine ? new RoundedRolloutEngine() : null, ImportanceSampling = { Mode = mode, MinRatio = 0.5 } };
        Assert.AreEqual(expected == CorrectionMode.Off ? CorrectionSettings.Off : new(expected, 0.5, 2), options.ResolveCorrection());
    }

    [TestMethod]
    public void Every_number_of_the_loss_reaches_the_objective()
    {
        var loss = TestOptions.UnusedLoss();
        var correction = new CorrectionSettings(CorrectionMode.TokenMask, 0.5, 2);
        var options = new LossOptions
        {
            Type = LossType.Vespo,
            Custom = loss,
            RatioLevel = RatioLevel.Sequence,
            Delta = 4,
            Sapo = { TemperaturePositive = 2, TemperatureNegative = 3 },
            Vespo = { KPositive = 5, LambdaPositive = 6, KNegative = 7, LambdaNegative = 8 },
            OffPolicyMaskThreshold = 0.5,
            TopEntropyQuantile = 0.2,
            Entropy = { Adaptive = true },
        };
        Assert.AreEqual(
            new ObjectiveSettings
            {
                LossType = LossType.Vespo,
                CustomLoss = loss,
                RatioLevel = RatioLevel.Sequence,
                EpsilonLow = 0.2,
                EpsilonHigh = 0.2,
                Delta = 4,
                SapoTemperaturePositive = 2,
                SapoTemperatureNegative = 3,
                VespoPositive = new(5, 6),
                VespoNegative = new(7, 8),
                OffPolicyMaskThreshold = 0.5,
                TopEntropyQuantile = 0.2,
                EntropyBonus = true,
                BiasCorrectedKl = true,
                Correction = correction,
            },
            options.ToObjective(correction));
    }

    [TestMethod]
    [DataRow(0.0, false, false)]
    [DataRow(0.01, false, true)]
    [DataRow(0.0, true, true)]
    public void There_is_a_bonus_with_a_coefficient_or_a_target(double coefficient, bool adaptive, bool expected) =>
        Assert.AreEqual(expected, new EntropyOptions { Coefficient = coefficient, Adaptive = adaptive }.HasBonus);

    [TestMethod]
    public void A_schedule_whose_counts_are_out_of_range_is_none()
    {
        Assert.IsNull(new GrpoOptions { StepsPerRollout = 0 }.TryResolveSchedule());
        Assert.IsNull(new GrpoOptions { RolloutsPerStep = 0 }.TryResolveSchedule());
        Assert.IsNull(new GrpoOptions { IterationsPerRollout = 0 }.TryResolveSchedule());
        Assert.IsNull(new GrpoOptions { AdvancedSchedule = new(1, 0, 1) }.TryResolveSchedule());
        Assert.AreEqual(new Schedule(1, 2, 1), new GrpoOptions { StepsPerRollout = 2 }.TryResolveSchedule());
    }
}
