using System.Text.Json;

namespace QuickStart;

/// <summary>A row of the data.</summary>
internal sealed class Problem
{
    public string Prompt { get; set; } = "";

    public string Answer { get; set; } = "";
}

/// <summary>A row of the transformed data.</summary>
internal sealed class Solution
{
    public string Completion { get; set; } = "";
}

/// <summary>Reads problems from .tsv and .jsonl files.</summary>
internal static class Problems
{
    private const int MostHeldOut = 100;

    private static readonly JsonSerializerOptions AnyCase = new() { PropertyNameCaseInsensitive = true };

    /// <exception cref="InvalidDataException">The file is not what its name says.</exception>
    public static IReadOnlyList<Problem> Load(string path)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no file '{path}'. Give the path of a .tsv or .jsonl file with --data.", path);
        }

        return Path.GetExtension(path).ToUpperInvariant() switch
        {
            ".TSV" => [.. Tsv(path)],
            ".JSONL" => [.. JsonLines(path)],
            var other => throw new InvalidDataException($"'{path}' ends in '{other}'. Give a .tsv with a header line Prompt<TAB>Answer, or a .jsonl with the fields prompt and answer."),
        };
    }

    /// <summary>Holds a tenth out.</summary>
    public static (IReadOnlyList<Problem> Training, IReadOnlyList<Problem> HeldOut) Split(IReadOnlyList<Problem> all, int seed)
    {
        if (all.Count < 4)
        {
            throw new InvalidDataException($"There are only {all.Count} problems. Give at least 4: some are held out to measure with.");
        }

        var shuffled = all.ToArray();
        new Random(seed).Shuffle(shuffled);
        var heldOut = Math.Clamp(all.Count / 10, 1, MostHeldOut);
        return (shuffled[heldOut..], shuffled[..heldOut]);
    }

    private static IEnumerable<Problem> Tsv(string path)
    {
        var lines = File.ReadAllLines(path);
        var header = lines.FirstOrDefault()?.Split('\t') ?? [];
        int Column(string name) => Array.FindIndex(header, field => field.Trim().Equals(name, StringComparison.OrdinalIgnoreCase));
        var (prompt, answer) = (Column("Prompt"), Column("Answer"));
        if (prompt < 0 || answer < 0)
        {
            throw new InvalidDataException($"The first line of '{path}' must name the columns Prompt and Answer, with a tab between them. It has {header.Length} fields, and not both names.");
        }

        foreach (var (line, number) in Numbered(lines).Skip(1))
        {
            var fields = line.Split('\t');
            yield return fields.Length == header.Length
                ? Checked(new() { Prompt = fields[prompt], Answer = fields[answer] }, path, number)
                : throw new InvalidDataException($"Line {number} of '{path}' has {fields.Length} fields, and its first line names {header.Length}. Separate fields by one tab each; fields are not quoted.");
        }
    }

    private static IEnumerable<Problem> JsonLines(string path)
    {
        foreach (var (line, number) in Numbered(File.ReadLines(path)))
        {
            Problem? problem;
            try
            {
                problem = JsonSerializer.Deserialize<Problem>(line, AnyCase);
            }
            catch (JsonException error)
            {
                throw new InvalidDataException($"Line {number} of '{path}' is not a JSON object with the text fields prompt and answer, at character {error.BytePositionInLine + 1}.", error);
            }

            yield return Checked(problem, path, number);
        }
    }

    private static IEnumerable<(string Line, int Number)> Numbered(IEnumerable<string> lines) =>
        lines.Select((line, i) => (line, i + 1)).Where(l => !string.IsNullOrWhiteSpace(l.line));

    private static Problem Checked(Problem? problem, string path, int line) =>
        string.IsNullOrWhiteSpace(problem?.Prompt) || string.IsNullOrWhiteSpace(problem.Answer)
            ? throw new InvalidDataException($"Line {line} of '{path}' has no prompt or no answer. Fill both, or delete the line.")
            : problem;
}
