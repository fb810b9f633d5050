using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class PolicyObjectiveErrorTests
{
    [TestMethod]
    public void Beta_without_a_reference_names_both_remedies()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample().Inputs with { Reference = null };
        var error = Assert.ThrowsExactly<ArgumentException>(() => PolicyObjective.Compute(inputs, new ObjectiveSettings { Beta = .5 }, SpecExample.Scale));
        StringAssert.Contains(error.Message, "Beta is 0.5, but the micro-batch has no log-probs of the reference policy. Run the reference pass, or set Beta = 0.");
    }

    [TestMethod]
    public void A_tensor_of_another_width_is_named_with_both_shapes()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample().Inputs;
        Tensor narrow = zeros(2, 3);
        LossInputs[] wrong =
        [
            inputs with { Old = narrow }, inputs with { Sampler = narrow }, inputs with { Reference = narrow }, inputs with { Mask = narrow }, inputs with { Entropy = narrow },
        ];
        string[] names = ["Old", "Sampler", "Reference", "Mask", "Entropy"];
        for (int i = 0; i < wrong.Length; i++)
        {
            var error = Assert.ThrowsExactly<ArgumentException>(() => PolicyObjective.Compute(wrong[i], new ObjectiveSettings(), SpecExample.Scale));
            StringAssert.Contains(error.Message, $"{names[i]} is [2, 3], not [2, 4]");
        }
    }

    [TestMethod]
    public void Advantages_are_one_a_row()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample().Inputs with { Advantages = zeros(2) };
        var error = Assert.ThrowsExactly<ArgumentException>(() => PolicyObjective.Compute(inputs, new ObjectiveSettings(), SpecExample.Scale));
        StringAssert.Contains(error.Message, "Advantages is [2], not [2, 1]");
    }

    [TestMethod]
    public void Log_probs_without_tokens_or_of_integers_are_refused()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample().Inputs;
        foreach (Tensor lp in new[] { zeros(2, 0), zeros(0, 4), zeros(4), zeros(2, 4, ScalarType.Int64) })
        {
            var error = Assert.ThrowsExactly<ArgumentException>(() => PolicyObjective.Compute(inputs with { Lp = lp }, new ObjectiveSettings(), SpecExample.Scale));
            StringAssert.Contains(error.Message, "Give log-probs as [rows, tokens] of a floating dtype");
        }
    }

    [TestMethod]
    public void An_unknown_loss_type_is_answered_with_the_known_ones()
    {
        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => PolicyLoss.For(new ObjectiveSettings { LossType = (LossType)99 }));
        StringAssert.Contains(error.Message, "LossType is none of Dapo, Grpo, Bnpo, DrGrpo, Cispo, Sapo, Luspo, Vespo. Set one of them.");
    }

    [TestMethod]
    public void A_given_IS_ratio_is_one_a_token_or_one_a_completion_as_the_correction_says()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample().Inputs;
        Refuses(CorrectionMode.TokenMask, ones(2, 1), "Correction is [2, 1], not [2, 4]");
        Refuses(CorrectionMode.SequenceMask, ones(2, 4), "Correction is [2, 4], not [2, 1]");

        void Refuses(CorrectionMode mode, Tensor given, string message)
        {
            var error = Assert.ThrowsExactly<ArgumentException>(() => PolicyObjective.Compute(
                inputs with { Correction = given }, new ObjectiveSettings { Correction = new(mode, null, 3) }, SpecExample.Scale));
            StringAssert.Contains(error.Message, message);
        }
    }

    [TestMethod]
    public void A_correction_without_a_sampler_is_refused()
    {
        using var scope = NewDisposeScope();
        var settings = new ObjectiveSettings { Correction = new(CorrectionMode.TokenMask, null, 3) };
        var error = Assert.ThrowsExactly<ArgumentException>(() => PolicyObjective.Compute(new SpecExample().Inputs with { Sampler = null }, settings, SpecExample.Scale));
        StringAssert.Contains(
            error.Message, "The correction is TokenMask, but the micro-batch has neither the IS ratio nor log-probs of the sampler. Give one of them, or set ImportanceSampling.Mode = Off.");
    }

    [TestMethod]
    public void A_cut_or_a_bonus_without_entropies_is_refused()
    {
        using var scope = NewDisposeScope();
        Refuses(new() { TopEntropyQuantile = .5 }, "TopEntropyQuantile is 0.5 and the entropy bonus off, but the micro-batch has no entropies. Give them, or set TopEntropyQuantile = 1 and no bonus.");
        Refuses(new() { EntropyBonus = true }, "TopEntropyQuantile is 1 and the entropy bonus on, but the micro-batch has no entropies.");

        static void Refuses(ObjectiveSettings settings, string message) =>
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new SpecExample().Compute(settings)).Message, message);
    }

    [TestMethod]
    public void A_part_of_a_slice_cannot_find_its_cut()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample().Inputs with { Entropy = SpecExample.Rows(1, 2, 3, 4, 5, 6, 7, 8) };
        var settings = new ObjectiveSettings { TopEntropyQuantile = .5 };
        LossScale scale = SpecExample.Scale with { SliceRows = 3 };
        var error = Assert.ThrowsExactly<ArgumentException>(() => PolicyObjective.Compute(inputs, settings, scale));
        StringAssert.Contains(error.Message, "The micro-batch has 2 of the slice's 3 rows, and EntropyCut is null. Find the cut with EntropyMask.Find from the entropies of the whole slice.");
        Assert.IsNotNull(PolicyObjective.Compute(inputs, settings, scale with { EntropyCut = new(3, 5) }));
        Assert.IsNotNull(PolicyObjective.Compute(inputs, new(), scale));
    }
}
