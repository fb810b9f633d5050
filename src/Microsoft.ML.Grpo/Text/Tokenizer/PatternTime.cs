namespace Microsoft.ML.Grpo;

/// <summary>The time that a tokenizer's patterns may take on a text, from now: an honest one needs microseconds, one that tries all ways to split a word needs for ever.</summary>
/// <param name="clock">The clock.</param>
/// <param name="characters">The text's length: long ones get a hundred times what an honest pattern takes for a character.</param>
internal readonly struct PatternTime(TimeProvider clock, int characters)
{
    /// <summary>For one match, and for all of a text that is not long.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ForCharacter = TimeSpan.FromMicroseconds(5);

    private readonly long _begin = clock.GetTimestamp();

    private readonly int _characters = characters;

    public bool IsOver => clock.GetElapsedTime(_begin) > Least + (_characters * ForCharacter);

    /// <summary>What is said when it is over.</summary>
    public InvalidDataException Error(string file, string patterns, Exception? cause = null) => new(
        $"{file}: {patterns} found no end on a text of {_characters} characters. Fetch the file again; if it is as its author made it, shorten or leave out such texts.", cause);
}
