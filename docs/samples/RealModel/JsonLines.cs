using System.Text;
using System.Text.Json;

namespace RealModel;

/// <summary>Reads problems from a file with one JSON object a line.</summary>
internal static class JsonLines
{
    // Strict, so that what is no text is an error, and not a question mark in a prompt.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="path">The file.</param>
    /// <param name="promptColumn">The field with the prompt: a text, or a number as it stands.</param>
    /// <param name="answerColumn">The field with the right answer: the same.</param>
    /// <param name="heldOut">Whether the problems are to measure with.</param>
    /// <exception cref="InvalidDataException">A line is not such an object; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<Problem> Read(string path, string promptColumn, string answerColumn, bool heldOut)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no file '{path}', which {(heldOut ? "--test" : "--train")} or --task names.", path);
        }

        var problems = new List<Problem>();
        using var reader = new StreamReader(path, Utf8);
        for (var number = 1; Line(reader, path, number) is { } line; number++)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                problems.Add(Problem(line, promptColumn, answerColumn, $"Line {number} of '{path}'"));
                (problems[^1].Line, problems[^1].HeldOut) = (number, heldOut);
            }
        }

        return problems.Count > 0 ? problems : throw new InvalidDataException($"'{path}' holds no problem. Give a file with one JSON object a line, such as {Example(promptColumn, answerColumn)}.");
    }

    private static string? Line(StreamReader reader, string path, int number)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (DecoderFallbackException cause)
        {
            throw new InvalidDataException($"'{path}' is not UTF-8, at or after line {number}. Save it as UTF-8.", cause);
        }
    }

    private static Problem Problem(string line, string promptColumn, string answerColumn, string place)
    {
        using var json = Parse(line, place, $"Each line is a JSON object of its own, such as {Example(promptColumn, answerColumn)}.");
        var row = json.RootElement;
        return new()
        {
            Prompt = Field(row, promptColumn, "--prompt-column", place),
            Answer = Field(row, answerColumn, "--answer-column", place),
            Metadata = row.TryGetProperty("metadata", out var metadata) ? Metadata(metadata, place) : "{}",
        };
    }

    private static JsonDocument Parse(string line, string place, string remedy)
    {
        try
        {
            var json = JsonDocument.Parse(line);
            return json.RootElement.ValueKind == JsonValueKind.Object ? json : throw new InvalidDataException($"{place} is a JSON {json.RootElement.ValueKind}, not an object. {remedy}");
        }
        catch (JsonException cause)
        {
            throw new InvalidDataException($"{place} is not JSON, at byte {cause.BytePositionInLine + 1}. {remedy}", cause);
        }
    }

    private static string Field(JsonElement row, string name, string option, string place)
    {
        if (!row.TryGetProperty(name, out var value))
        {
            throw new InvalidDataException($"{place} has no field \"{name}\". It has: {string.Join(", ", row.EnumerateObject().Select(field => field.Name).DefaultIfEmpty("none"))}. Mend the line; or, if the field is called otherwise in all lines, name it with {option}.");
        }

        var text = value.ValueKind switch
        {
            JsonValueKind.String => Text(value, name, place),
            JsonValueKind.Number => value.GetRawText(),
            var other => throw new InvalidDataException($"{place} has {other switch { JsonValueKind.Null => "null", JsonValueKind.Object => "an object", JsonValueKind.Array => "a list", _ => "true or false" }} in \"{name}\". Give a text or a number, or name another field with {option}."),
        };
        return string.IsNullOrWhiteSpace(text) ? throw new InvalidDataException($"{place} has nothing in \"{name}\". Fill it, or delete the line.") : text;
    }

    /// <summary>The metadata as they stand; the rules read them later, where the line is not known.</summary>
    private static string Metadata(JsonElement metadata, string place)
    {
        foreach (var text in Texts(metadata))
        {
            Text(text, "metadata", place);
        }

        return metadata.GetRawText();
    }

    private static IEnumerable<JsonElement> Texts(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value],
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Texts),
        JsonValueKind.Object => value.EnumerateObject().SelectMany(field => Texts(field.Value)),
        _ => [],
    };

    private static string Text(JsonElement value, string name, string place)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException cause)
        {
            throw new InvalidDataException($"{place} has half of a surrogate pair in \"{name}\", which is no text. Mend or delete the line.", cause);
        }
    }

    private static string Example(string promptColumn, string answerColumn) => $"{{\"{promptColumn}\": \"What is 7 + 5?\", \"{answerColumn}\": \"12\"}}";
}
