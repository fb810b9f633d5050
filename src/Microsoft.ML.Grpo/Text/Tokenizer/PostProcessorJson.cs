using System.Text.Json;

namespace Microsoft.ML.Grpo;

/// <summary>The special tokens that a tokenizer itself puts around a text, such as a BOS.</summary>
/// <param name="Before">Ids in front of the text.</param>
/// <param name="After">Ids behind it.</param>
internal sealed record PostProcessorJson(IReadOnlyList<int> Before, IReadOnlyList<int> After)
{
    private static readonly PostProcessorJson Nothing = new([], []);

    /// <summary>Reads <c>post_processor</c>.</summary>
    /// <exception cref="NotSupportedException">A kind other than ByteLevel, one TemplateProcessing or a Sequence of them.</exception>
    /// <exception cref="InvalidDataException">A template is damaged.</exception>
    public static PostProcessorJson Read(JsonElement? postProcessor, string file) => postProcessor switch
    {
        null => Nothing,
        { } part => part.Text("type") switch
        {
            "ByteLevel" => Nothing, // Trims offsets, which nothing here reads.
            "TemplateProcessing" => Template(part, file),
            "Sequence" => TokenizerJson.Parts(part, "processors", file).Select(inner => Read(inner, file)).Aggregate(Nothing, (first, second) =>
                first == Nothing ? second : second == Nothing ? first : throw TokenizerJson.Unsupported(file, "more than one post-processor 'TemplateProcessing'")),
            var type => throw TokenizerJson.Unsupported(file, $"the post-processor '{type}'"),
        },
    };

    private static PostProcessorJson Template(JsonElement part, string file)
    {
        var (before, after) = (new List<int>(), new List<int>());
        var sequences = 0;
        foreach (var piece in TokenizerJson.Parts(part, "single", file))
        {
            if (piece.Member("Sequence") is { } sequence)
            {
                if (sequence.Text("id") is "B" || ++sequences > 1)
                {
                    throw TokenizerJson.Unsupported(file, "a post-processor 'TemplateProcessing' whose template for one text takes more than that, once");
                }
            }
            else if (piece.Member("SpecialToken")?.Text("id") is { } name && part.Member("special_tokens")?.Member(name) is { } token)
            {
                (sequences == 0 ? before : after).AddRange(TokenizerJson.Parts(token, "ids", file).Select(id => TokenizerJson.Id(id)
                    ?? throw new InvalidDataException($"{file}: the post-processor gives '{name}' the id {id}, which is no token id. Fetch the file again.")));
            }
            else
            {
                throw new InvalidDataException($"{file}: the post-processor 'TemplateProcessing' names a token that it does not define. Fetch the file again.");
            }
        }

        return sequences == 1
            ? new PostProcessorJson(before, after)
            : throw new InvalidDataException($"{file}: the post-processor 'TemplateProcessing' has no place for the text. Fetch the file again.");
    }
}
