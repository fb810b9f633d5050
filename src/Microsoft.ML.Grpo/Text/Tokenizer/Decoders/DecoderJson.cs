using System.Text.Json;

namespace Microsoft.ML.Grpo;

/// <summary>Reads <c>decoder</c> of a <c>tokenizer.json</c> as a list of steps.</summary>
internal static class DecoderJson
{
    private const string List = "decoders";

    /// <summary>The steps in order.</summary>
    /// <exception cref="NotSupportedException">A part is not supported.</exception>
    /// <exception cref="InvalidDataException">A part lacks what it needs.</exception>
    public static IReadOnlyList<DecoderStep> Read(JsonElement? decoder, string file)
    {
        TextGrowth.Check(decoder, List, file);
        return decoder is { } part ? Steps(part, file) : [DecoderSteps.Spaced];
    }

    private static List<DecoderStep> Steps(JsonElement part, string file) => part.Text("type") switch
    {
        "Sequence" => [.. TokenizerJson.Parts(part, List, file).SelectMany(inner => Steps(inner, file))],
        "ByteLevel" => [DecoderSteps.ByteLevel],
        "ByteFallback" => [DecoderSteps.ByteFallback],
        "Fuse" => [DecoderSteps.Fuse],
        "Replace" => [DecoderSteps.Replace(TextPattern.Read(part, file), TokenizerJson.Required(part, "content", file))],
        "Strip" => [DecoderSteps.Strip(MetaspaceJson.Character(part.Text("content"), "Strip", file), Count(part, "start"), Count(part, "stop"))],
        "Metaspace" => [Metaspace(MetaspaceJson.Read(part, file))],
        var type => throw TokenizerJson.Unsupported(file, $"the decoder '{type}'"),
    };

    private static DecoderStep Metaspace(MetaspaceJson scheme) => DecoderSteps.Metaspace(scheme.Mark, scheme.Always || scheme.First);

    private static int Count(JsonElement part, string name) => part.Member(name)?.GetInt32() ?? 0;
}
