namespace Microsoft.ML.Grpo;

/// <summary>Keeps the first of several choices that are made in a process. Thread-safe.</summary>
internal sealed class FirstChoice
{
    private const int Yes = 1, No = 2;

    private int _made;

    /// <summary>Makes a choice.</summary>
    /// <returns>The one that counts: the first that was made.</returns>
    internal bool Make(bool choice)
    {
        var before = Interlocked.CompareExchange(ref _made, choice ? Yes : No, 0);
        return before == 0 ? choice : before == Yes;
    }
}
