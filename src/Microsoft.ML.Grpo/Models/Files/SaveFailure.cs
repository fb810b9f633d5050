namespace Microsoft.ML.Grpo;

/// <summary>Says of a model that could not be saved what the user knows of it: the target that was given, the cause, and the remedy.</summary>
internal static class SaveFailure
{
    /// <summary>Whether an exception tells of the place that was written to.</summary>
    public static bool Is(Exception cause) => cause is UnauthorizedAccessException or (IOException and not ModelFormatException);

    /// <param name="target">The path that the user gave.</param>
    /// <param name="untouched">Whether nothing at the target has changed.</param>
    /// <param name="cause">What happened.</param>
    public static IOException Of(string target, bool untouched, Exception cause) => new(
        $"The model could not be saved to '{target}': {Reason(cause.Message)}. "
        + "Free space there and see that it may be written to, or save to another place. "
        + (untouched ? "What was there before is untouched." : "Some of the files there are new and some are old: save again before they are used."),
        cause)
    { HResult = cause.HResult };

    // Temporary names are gone by now, and mean nothing to the user.
    private static string Reason(string message) => AtomicDirectory.WithoutTemporaryNames(AtomicFile.WithoutTemporaryNames(message)).TrimEnd('.');
}
