using System.Text.Json;

namespace Microsoft.ML.Grpo;

/// <summary>The special tokens that a tokenizer itself puts around a text, such as a BOS.</summary>
/// <param name="Before">Ids in front of the text.</param>
/// <param name="After">Ids behind it.</param>
internal sealed record PostProcessorJson(IReadOnlyList<int> Before, IReadOnlyList<int> After)
{
    /// <summary>Reads <c>post_processor</c>.</summary>
    /// <exception cref="NotSupportedException">A kind other than ByteLevel, TemplateProcessing or a Sequence of them.</exception>
    public static PostProcessorJson Read(JsonElement? postProcessor, string file)
    {
        var before = new List<int>();
        var after = new List<int>();
        if (postProcessor is { } root)
        {
            Add(root);
        }

        return new PostProcessorJson(before, after);

        void Add(JsonElement part)
        {
            switch (part.Text("type"))
            {
                case "Sequence":
                    foreach (var inner in part.Items("processors"))
                    {
                        Add(inner);
                    }

                    break;
                case "ByteLevel":
                    break; // Trims offsets, which nothing here reads.
                case "TemplateProcessing":
                    Template(part);
                    break;
                case var type:
                    throw TokenizerJson.Unsupported(file, $"the post-processor '{type}'");
            }
        }

        void Template(JsonElement part)
        {
            var side = before;
            foreach (var piece in part.Items("single"))
            {
                if (piece.Member("Sequence") is not null)
                {
                    side = after;
                }
                else if (piece.Member("SpecialToken")?.Text("id") is { } name && part.Member("special_tokens")?.Member(name) is { } token)
                {
                    side.AddRange(token.Items("ids").Select(id => TokenizerJson.Id(id)
                        ?? throw new InvalidDataException($"{file}: the post-processor gives '{name}' the id {id}, which is no token id. Fetch the file again.")));
                }
                else
                {
                    throw new InvalidDataException($"{file}: the post-processor 'TemplateProcessing' names a token that it does not define. Fetch the file again.");
                }
            }
        }
    }
}
