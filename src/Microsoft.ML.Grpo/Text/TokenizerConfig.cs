using System.Text.Json;

namespace Microsoft.ML.Grpo;

/// <summary>What <c>tokenizer_config.json</c> says of the special tokens and the chat template.</summary>
/// <param name="SpecialTokens">The text of <c>bos_token</c>, <c>eos_token</c>, <c>pad_token</c> and the like, by these names, which chat templates know them by; unset ones are missing.</param>
/// <param name="ChatTemplate">The source of the chat template, the one named "default" of several; null if there is none.</param>
internal sealed record TokenizerConfig(IReadOnlyDictionary<string, string> SpecialTokens, string? ChatTemplate)
{
    /// <summary>A directory without the file.</summary>
    public static TokenizerConfig Empty { get; } = new(new Dictionary<string, string>(), null);

    /// <summary>Reads the file's bytes.</summary>
    /// <param name="json">The content.</param>
    /// <param name="file">Its name, for errors.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or has several chat templates and none named "default".</exception>
    public static TokenizerConfig Read(ReadOnlyMemory<byte> json, string file) => JsonText.Read(json, file, root => Read(root, file));

    private static TokenizerConfig Read(JsonElement root, string file)
    {
        var tokens = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in (string[])["bos_token", "eos_token", "pad_token", "unk_token", "cls_token", "sep_token", "mask_token"])
        {
            // A string, or an object {"content": ...} as older versions write it.
            if ((root.Text(name) ?? root.Member(name)?.Text("content")) is { } content)
            {
                tokens[name] = content;
            }
        }

        return new TokenizerConfig(tokens, Template(root.Member("chat_template"), file));
    }

    private static string? Template(JsonElement? template, string file)
    {
        switch (template)
        {
            case null:
                return null;
            case { ValueKind: JsonValueKind.String } text:
                return text.GetString();
            case { ValueKind: JsonValueKind.Array } named:
                foreach (var entry in named.EnumerateArray())
                {
                    if (entry.Text("name") == "default" && entry.Text("template") is { } source)
                    {
                        return source;
                    }
                }

                break;
        }

        throw new InvalidDataException($"{file}: chat_template is neither a text nor a list with one named 'default'. Set PromptFormat = PromptFormat.Raw to do without it.");
    }
}
