using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The worked example that the tests of losses share: two completions, the first of three tokens. Float64, of the current dispose scope.</summary>
internal sealed class SpecExample
{
    internal SpecExample(params double[] advantages)
    {
        Inputs = new LossInputs(
            Rows(-.5, -1.2, -.3, -9, -2, -.7, -1.1, -.4).requires_grad_(),
            Rows(-.6, -1, -.9, -7, -1.5, -.7, -1.3, -1.2),
            Rows(-.9, -1, -.6, 0, -1.9, -.5, -1.3, -.8),
            Rows(-.7, -1.1, -.5, -3, -1.8, -.9, -1, -.6),
            tensor(advantages.Length == 0 ? [.8, -1.3] : advantages).unsqueeze(1),
            Rows(1, 1, 1, 0, 1, 1, 1, 1));
    }

    internal LossInputs Inputs { get; init; }

    /// <summary>The rollout is larger than the example: 20 tokens.</summary>
    internal static LossScale Scale { get; } = new(2, 20, 1, 1) { SliceTokens = 7, MaxCompletionTokens = 8 };

    internal static PolicyLoss[] AllLosses { get; } =
    [
        new GrpoLoss(.2, .2), new DapoLoss(.2, .2), new BnpoLoss(.2, .2), new DrGrpoLoss(.2, .2), new LuspoLoss(.2, .2), new CispoLoss(5),
        new SapoLoss(1, 1.05), new VespoLoss(new VespoShape(2, 3), new VespoShape(3, 2)),
    ];

    /// <summary>Every mode but off, with bounds that hold some ratios of the example.</summary>
    internal static CorrectionSettings[] Corrections { get; } =
    [
        new(CorrectionMode.TokenTruncate, .8, 1.2), new(CorrectionMode.TokenMask, .8, 1.2), new(CorrectionMode.SequenceTruncate, .9, 3), new(CorrectionMode.SequenceMask, .9, 3),
    ];

    /// <summary>Every loss at every level with every correction that it has; all else on.</summary>
    internal static IEnumerable<ObjectiveSettings> Everything =>
        from type in Enum.GetValues<LossType>()
        from level in Enum.GetValues<RatioLevel>()
        from correction in Corrections.Prepend(CorrectionSettings.Off)
        where type != LossType.Vespo || !correction.OfSequences
        select new ObjectiveSettings
        {
            LossType = type,
            EpsilonHigh = type == LossType.Cispo ? 1.1 : .2,
            Delta = 1.5,
            RatioLevel = level,
            Correction = correction,
            OffPolicyMaskThreshold = -.1,
            TopEntropyQuantile = .6,
            EntropyBonus = true,
            Beta = .1,
        };

    internal static Tensor Rows(params double[] values) => tensor(values).reshape(2, 4);

    internal LossResult Compute(ObjectiveSettings settings) => PolicyObjective.Compute(Inputs, settings, Scale);

    internal double[] Gradient(LossResult result)
    {
        result.Loss.backward();
        return Near.Doubles(Inputs.Lp.grad!);
    }
}
