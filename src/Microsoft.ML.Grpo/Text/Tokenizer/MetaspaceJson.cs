using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Grpo;

/// <summary>How spaces are written, as the pre-tokenizer and the decoder <c>Metaspace</c> say it.</summary>
/// <param name="Mark">What stands for a space.</param>
/// <param name="Always">One is put in front of every piece.</param>
/// <param name="First">One is put in front of the text.</param>
internal sealed record MetaspaceJson(string Mark, bool Always, bool First)
{
    /// <summary>Reads the part.</summary>
    /// <exception cref="InvalidDataException">It contradicts itself, or its mark is not one character.</exception>
    /// <exception cref="NotSupportedException">Its scheme is not known.</exception>
    public static MetaspaceJson Read(JsonElement part, string file)
    {
        // Files from before the scheme say with add_prefix_space alone whether there is one; the library does not take those without.
        var scheme = part.Text("prepend_scheme") ?? "always";
        if (!part.Flag("add_prefix_space", absent: true) && scheme != "never")
        {
            throw new InvalidDataException(
                $"{file}: 'Metaspace' has the prepend_scheme '{scheme}'{(part.Text("prepend_scheme") is null ? " (the default)" : "")} and add_prefix_space false, which contradict each other. Fetch the file again, or set the prepend_scheme to 'never'.");
        }

        return scheme is "always" or "first" or "never"
            ? new MetaspaceJson(Character(TokenizerJson.Required(part, "replacement", file), "Metaspace", file), scheme == "always", scheme == "first")
            : throw TokenizerJson.Unsupported(file, $"'Metaspace' with the prepend_scheme '{scheme}'");
    }

    /// <summary>A text of one code point.</summary>
    public static string Character(string? text, string part, string file) => text?.EnumerateRunes().Count() == 1
        ? text
        : throw new InvalidDataException($"{file}: '{part}' needs one character, not '{text}'. Fetch the file again.");
}
