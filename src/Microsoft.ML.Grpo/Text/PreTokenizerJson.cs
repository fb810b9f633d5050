using System.Text.Json;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo;

/// <summary>Reads <c>pre_tokenizer</c> of a byte-level <c>tokenizer.json</c> as a list of patterns.</summary>
internal static class PreTokenizerJson
{
    /// <summary>GPT-2's pattern, which <c>ByteLevel</c> with <c>use_regex</c> stands for.</summary>
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>For one match; an honest pattern needs microseconds, one that tries all ways to split a word needs for ever.</summary>
    private static readonly TimeSpan TimeOut = TimeSpan.FromSeconds(5);

    /// <summary>The patterns in order.</summary>
    /// <exception cref="NotSupportedException">A part is not supported, or bytes are not spelled as ByteLevel does.</exception>
    public static IReadOnlyList<Regex> Read(JsonElement? preTokenizer, string file)
    {
        var patterns = new List<Regex>();
        var byteLevel = false;
        if (preTokenizer is { } root)
        {
            Add(root);
        }

        return byteLevel ? patterns : throw TokenizerJson.Unsupported(file, "a tokenizer without the pre-tokenizer 'ByteLevel'");

        void Add(JsonElement part)
        {
            switch (part.Text("type"))
            {
                case "Sequence":
                    foreach (var inner in part.Items("pretokenizers"))
                    {
                        Add(inner);
                    }

                    break;
                case "Split":
                    patterns.Add(Split(part, file));
                    break;
                case "Digits":
                    patterns.Add(Compile(part.Flag("individual_digits") ? @"\p{N}" : @"\p{N}+", file));
                    break;
                case "ByteLevel":
                    if (part.Flag("add_prefix_space"))
                    {
                        throw TokenizerJson.Unsupported(file, "the pre-tokenizer 'ByteLevel' with add_prefix_space");
                    }

                    byteLevel = true;
                    if (part.Member("use_regex") is null || part.Flag("use_regex"))
                    {
                        patterns.Add(Compile(Gpt2, file));
                    }

                    break;
                case var type:
                    throw TokenizerJson.Unsupported(file, $"the pre-tokenizer '{type}'");
            }
        }
    }

    private static Regex Split(JsonElement part, string file)
    {
        var behavior = part.Text("behavior");
        if (behavior != "Isolated" || part.Flag("invert"))
        {
            throw TokenizerJson.Unsupported(file, $"the pre-tokenizer 'Split' with behavior '{behavior}'{(part.Flag("invert") ? " and invert" : string.Empty)}");
        }

        var pattern = part.Member("pattern");
        return (pattern?.Text("Regex"), pattern?.Text("String")) switch
        {
            ({ Length: > 0 } regex, _) => Compile(regex, file),
            (_, { Length: > 0 } text) => Compile(Regex.Escape(text), file),
            _ => throw new InvalidDataException($"{file}: the pre-tokenizer 'Split' has no pattern. Fetch the file again."),
        };
    }

    private static Regex Compile(string pattern, string file)
    {
        try
        {
            return new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.Compiled, TimeOut);
        }
        catch (ArgumentException cause)
        {
            throw new NotSupportedException($"{file}: the pre-tokenizer's pattern '{pattern}' is not one that .NET understands: {cause.Message}", cause);
        }
    }
}
