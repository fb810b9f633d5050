namespace Microsoft.ML.Grpo.Parity;

/// <summary>A folder with strings and, if it has them, streamed ids, against a tokenizer.</summary>
internal static class TextCheck
{
    public const string Streaming = "streaming.json";

    public static void Run(DirectoryInfo folder, string tokenizerFile, Report report)
    {
        var tokenizer = PolicyTokenizer.Read(File.ReadAllBytes(tokenizerFile), TokenizerConfig.Empty, tokenizerFile);
        StringsCheck.Run(folder.Name, GoldenJson.Read(Path.Combine(folder.FullName, TextCommand.Strings)), tokenizer, report);
        var streaming = Path.Combine(folder.FullName, Streaming);
        if (File.Exists(streaming))
        {
            StreamingCheck.Run(folder.Name, GoldenJson.Read(streaming), tokenizer, report);
        }
    }
}
