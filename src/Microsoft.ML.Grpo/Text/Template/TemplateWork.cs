namespace Microsoft.ML.Grpo;

/// <summary>
/// What rendering a template may take, in steps of some nanoseconds: hundreds of times what an honest one takes for five messages. Loops in
/// loops, and sums of texts that double, would not come to an end.
/// </summary>
internal sealed class TemplateWork
{
    /// <summary>Steps of one value.</summary>
    public const int Value = 10;

    private const long Most = 10_000_000;

    private long _left = Most;

    /// <exception cref="TemplateNotUnderstoodException">No steps are left.</exception>
    public void Spend(long steps)
    {
        _left -= steps;
        if (_left < 0)
        {
            throw new TemplateNotUnderstoodException("it takes too many steps");
        }
    }
}
