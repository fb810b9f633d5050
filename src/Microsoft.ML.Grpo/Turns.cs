using System.Diagnostics.CodeAnalysis;

namespace Microsoft.ML.Grpo;

/// <summary>Lets callers have something one after the other, whichever threads they run on; who waits longest mostly, not always, comes next. Who has a turn must not ask for another.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Callers may still wait for it, and a semaphore whose wait handle nobody asked for holds nothing.")]
internal sealed class Turns
{
    private readonly SemaphoreSlim _free = new(1);

    /// <summary>Waits for a turn.</summary>
    /// <returns>The turn; it ends when it is disposed.</returns>
    public Turn Take()
    {
        _free.Wait();
        return new(_free);
    }

    /// <inheritdoc cref="Take"/>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<Turn> TakeAsync(CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new(_free);
    }

    /// <summary>Somebody's turn.</summary>
    internal readonly struct Turn(SemaphoreSlim free) : IDisposable
    {
        public void Dispose() => free.Release();
    }
}
