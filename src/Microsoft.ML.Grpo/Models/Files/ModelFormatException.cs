namespace Microsoft.ML.Grpo;

/// <summary>
/// A model file holds something this library cannot use: it is damaged, contradicts another file, or asks for a
/// computation that is not supported. The message names file, place and remedy.
/// </summary>
/// <remarks>
/// It is an <see cref="IOException"/>, as are <see cref="DirectoryNotFoundException"/> and
/// <see cref="FileNotFoundException"/> which a missing model gives: one <see langword="catch"/> covers all three.
/// </remarks>
public sealed class ModelFormatException : IOException
{
    /// <summary>Creates an exception without a file.</summary>
    public ModelFormatException()
        : this("A model file cannot be used.")
    {
    }

    /// <summary>Creates an exception without a file.</summary>
    /// <param name="message">What is wrong, where, and the remedy.</param>
    public ModelFormatException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception without a file.</summary>
    /// <param name="message">What is wrong, where, and the remedy.</param>
    /// <param name="innerException">What was thrown while the file was read.</param>
    public ModelFormatException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates an exception about a file; the message begins with the file's name.</summary>
    /// <param name="file">The file, as it was given.</param>
    /// <param name="problem">What is wrong, where in the file, and the remedy.</param>
    /// <param name="innerException">What was thrown while the file was read.</param>
    public ModelFormatException(string file, string problem, Exception? innerException = null)
        : base($"{file}: {problem}", innerException) => File = file;

    /// <summary>The file, as it was given; <see langword="null"/> when the fault is in no single file.</summary>
    public string? File { get; }
}
