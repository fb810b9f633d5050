namespace Microsoft.ML.Grpo;

/// <summary>Takes what a <see cref="TextGenerator"/> saves: named entries, each of which is a file again on loading.</summary>
internal interface IModelEntryWriter
{
    /// <summary>Writes an entry of any size.</summary>
    /// <param name="name">A plain file name, used once.</param>
    /// <param name="write">Writes the content, in pieces; the stream is open only while it runs, and does not seek.</param>
    void WriteBinary(string name, Action<Stream> write);

    /// <summary>Writes an entry of text, as UTF-8 without a byte order mark.</summary>
    /// <param name="name">A plain file name, used once.</param>
    /// <param name="text">The content.</param>
    void WriteText(string name, string text);
}
