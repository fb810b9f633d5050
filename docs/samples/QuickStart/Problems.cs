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
    private const int MostHeldOut = 600;

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
        var (prompt, answer) = (Array.IndexOf(header, "Prompt"), Array.IndexOf(header, "Answer"));
        if (prompt < 0 || answer < 0)
        {
            throw new InvalidDataException($"The first line of '{path}' is '{lines.FirstOrDefault()}'. It must name the columns Prompt and Answer, with a tab between them.");
        }

        for (var i = 1; i < lines.Length; i++)
        {
            var fields = lines[i].Split('\t');
            yield return fields.Length == header.Length
                ? new() { Prompt = fields[prompt], Answer = fields[answer] }
                : throw new InvalidDataException($"Line {i + 1} of '{path}' has {fields.Length} fields, and its first line names {header.Length}.");
        }
    }

    private static IEnumerable<Problem> JsonLines(string path)
    {
        foreach (var (line, i) in File.ReadLines(path).Select((line, i) => (line, i)).Where(l => !string.IsNullOrWhiteSpace(l.line)))
        {
            Problem? problem;
            try
            {
                problem = JsonSerializer.Deserialize<Problem>(line, AnyCase);
            }
            catch (JsonException error)
            {
                throw new InvalidDataException($"Line {i + 1} of '{path}' is not a JSON object with the text fields prompt and answer: {error.Message}", error);
            }

            yield return problem is { Prompt.Length: > 0, Answer.Length: > 0 }
                ? problem
                : throw new InvalidDataException($"Line {i + 1} of '{path}' lacks a text field prompt or answer.");
        }
    }
}
