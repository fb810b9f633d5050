using System.Text.Json;

namespace Microsoft.ML.Grpo;

/// <summary>Reads <c>pre_tokenizer</c> of a <c>tokenizer.json</c> as a list of steps.</summary>
internal static class PreTokenizerJson
{
    /// <summary>The member in which a <c>Sequence</c> has its parts.</summary>
    public const string List = "pretokenizers";

    /// <summary>The steps in order.</summary>
    /// <exception cref="NotSupportedException">A part is not supported.</exception>
    /// <exception cref="InvalidDataException">A part lacks what it needs, or contradicts itself.</exception>
    public static IReadOnlyList<PreTokenizerStep> Read(JsonElement? preTokenizer, string file)
    {
        TextGrowth.Check(preTokenizer, List, file);
        return Steps(preTokenizer, file);
    }

    /// <summary>Whether a mark in front of the first piece is asked for after the text has been cut.</summary>
    public static bool MarksFirstOfSeveral(JsonElement? preTokenizer) =>
        Flat(preTokenizer).Skip(1).Any(part => part.Text("type") == "Metaspace" && part.Text("prepend_scheme") == "first");

    private static IReadOnlyList<PreTokenizerStep> Steps(JsonElement? preTokenizer, string file) => preTokenizer switch
    {
        null => [],
        { } part => part.Text("type") switch
        {
            "Sequence" => [.. TokenizerJson.Parts(part, List, file).SelectMany(inner => Steps(inner, file))],
            "Split" => [PreTokenizerSteps.Split(TextPattern.Read(part, file), Behavior(part, file), part.Flag("invert", absent: false))],
            "Digits" => [PreTokenizerSteps.Digits(part.Flag("individual_digits", absent: false))],
            "ByteLevel" => [PreTokenizerSteps.Bytes(part.Flag("add_prefix_space", absent: true), part.Flag("use_regex", absent: true))],
            "Metaspace" => [Metaspace(part, file)],
            var type => throw TokenizerJson.Unsupported(file, $"the pre-tokenizer '{type}'"),
        },
    };

    private static IEnumerable<JsonElement> Flat(JsonElement? part) =>
        part is not { } one ? [] : one.Text("type") == "Sequence" ? one.Items(List).SelectMany(inner => Flat(inner)) : [one];

    private static SplitBehavior Behavior(JsonElement part, string file) =>
        part.Text("behavior") is { } name && Enum.GetNames<SplitBehavior>().Contains(name)
            ? Enum.Parse<SplitBehavior>(name)
            : throw TokenizerJson.Unsupported(file, $"the pre-tokenizer 'Split' with behavior '{part.Text("behavior")}'");

    private static PreTokenizerStep Metaspace(JsonElement part, string file)
    {
        var scheme = MetaspaceJson.Read(part, file);
        return PreTokenizerSteps.Metaspace(scheme.Mark, scheme.Always, scheme.First, part.Flag("split", absent: true));
    }
}
