using System.Text.Json;
using Microsoft.ML.Grpo;

namespace RealModel;

/// <summary>Finds the answer in a completion and scores it.</summary>
/// <param name="rule">Scores an answer.</param>
/// <param name="form">Where it stands.</param>
internal sealed class Judge(ScoringRule rule, AnswerForm form)
{
    /// <summary>The columns that a judgement reads.</summary>
    public static string[] Columns => [nameof(Problem.Answer), nameof(Problem.Metadata)];

    /// <summary>Whether there is a form to keep to.</summary>
    public bool HasForm => form.IsAlone is not null;

    /// <summary>The rule's score, from 0 to 1.</summary>
    public double Score(RewardSample sample)
    {
        using var metadata = JsonDocument.Parse((string)sample.Columns[nameof(Problem.Metadata)]!);
        return rule(form.Extract(sample.Completion), (string)sample.Columns[nameof(Problem.Answer)]!, metadata.RootElement);
    }

    /// <summary>Whether a completion is correct: full marks, and nothing less.</summary>
    public bool IsCorrect(RewardSample sample) => Score(sample) == 1;

    /// <summary>What always giving the commonest answer of some problems is worth on others: that answer, and the share of the others, 0 to 1, to which it is right.</summary>
    public (string Answer, double Correct) Commonest(IReadOnlyList<Problem> training, IReadOnlyList<Problem> heldOut)
    {
        var answer = training.CountBy(problem => problem.Answer).MaxBy(pair => pair.Value).Key;
        var found = form.Extract(form.Write(answer));
        return (answer, heldOut.Average(problem =>
        {
            using var metadata = JsonDocument.Parse(problem.Metadata);
            return rule(found, problem.Answer, metadata.RootElement) == 1 ? 1.0 : 0;
        }));
    }

    /// <summary>Whether a completion is nothing but an answer in the form asked for, right or wrong.</summary>
    public bool IsFormatted(RewardSample sample) => form.IsAlone?.Invoke(sample.Completion) ?? true;

    /// <summary>Refuses problems whose own answer, in the form asked for, does not get full marks: no completion ever would.</summary>
    /// <exception cref="InvalidDataException">Rule and form do not suit a problem; the message names its line.</exception>
    public void Check(IReadOnlyList<Problem> problems, string path)
    {
        foreach (var problem in problems)
        {
            using var metadata = JsonDocument.Parse(problem.Metadata);
            string? wrong = null;
            try
            {
                var found = form.Extract(form.Write(problem.Answer));
                var score = rule(found, problem.Answer, metadata.RootElement);
                wrong = score == 1 ? null : FormattableString.Invariant($"in its own answer \"{problem.Answer}\", --answer {form.Name} finds {(found is null ? "nothing" : $"\"{found}\"")}, which scores {score:0.###}, not 1");
            }
            catch (InvalidDataException missing)
            {
                wrong = missing.Message;
            }

            if (wrong is not null)
            {
                throw new InvalidDataException($"--rule and --answer do not suit line {problem.Line} of '{path}': {wrong}. Choose others, or mend the line.");
            }
        }
    }
}
