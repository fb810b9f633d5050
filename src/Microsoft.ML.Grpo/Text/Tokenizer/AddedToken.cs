using System.Text.Json;

namespace Microsoft.ML.Grpo;

/// <summary>A token that is matched in the text itself, before the vocabulary is consulted.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="Special">Left out of decoded text on request: markup rather than content.</param>
/// <param name="Normalized">Matched after normalisation, in its own normalised form, rather than in the raw text.</param>
/// <param name="SingleWord">Matched only where no letter, digit or the like touches it.</param>
/// <param name="StripsLeft">White space before it goes with it.</param>
/// <param name="StripsRight">White space behind it goes with it.</param>
internal sealed record AddedToken(int Id, string Content, bool Special, bool Normalized, bool SingleWord = false, bool StripsLeft = false, bool StripsRight = false)
{
    /// <summary>Reads an entry of <c>added_tokens</c>.</summary>
    /// <exception cref="InvalidDataException">It has no content or no id.</exception>
    public static AddedToken Read(JsonElement token, string file)
    {
        if (token.Text("content") is not { Length: > 0 } content || token.Member("id") is not { } number || TokenizerJson.Id(number) is not { } id)
        {
            throw new InvalidDataException($"{file}: {token} in added_tokens has no content or no id. Fetch the file again.");
        }

        var special = token.Flag("special", absent: false);
        return new AddedToken(
            id,
            content,
            special,
            token.Flag("normalized", absent: !special),
            token.Flag("single_word", absent: false),
            token.Flag("lstrip", absent: false),
            token.Flag("rstrip", absent: false));
    }
}
