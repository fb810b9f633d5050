using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// A backward pass through functions of our own (<see cref="OwnFunction{T}"/>), from before the forward pass on. libtorch
/// calls them from native code, on CUDA on a thread of its own: no exception may leave them, and no dispose scope is open
/// there. What they throw is kept here and thrown where the pass was started; what they hand on is kept until its end.
/// </summary>
internal sealed class BackwardPass : IDisposable
{
    [ThreadStatic]
    private static BackwardPass? _current;

    private readonly BackwardPass? _outer = _current;
    private readonly List<Tensor> _handedOn = [];
    private ExceptionDispatchInfo? _failure;

    /// <summary>Functions that are applied on this thread from now on, until it is disposed, belong to it.</summary>
    public BackwardPass() => _current = this;

    /// <summary>The one that a function applied now on this thread belongs to; null: none, and its exceptions end the process.</summary>
    public static BackwardPass? Current => _current;

    /// <summary>Runs it.</summary>
    /// <exception cref="Exception">What one of the functions threw; the gradients are not complete then.</exception>
    public void Run(Tensor loss)
    {
        loss.backward();
        _failure?.Throw();
    }

    /// <summary>Calls a function's backward pass; after a failure none is called any more.</summary>
    /// <param name="count">Inputs of the function.</param>
    /// <param name="gradients">Makes their gradients; those it returns are the pass's.</param>
    /// <returns>The gradients, or none at all.</returns>
    public List<Tensor> Guard(int count, Func<List<Tensor>> gradients)
    {
        if (_failure is null)
        {
            try
            {
                var found = gradients();
                _handedOn.AddRange(found.Where(gradient => gradient is not null).Select(gradient => gradient.DetachFromDisposeScope()));
                return found;
            }
            catch (Exception exception) // whatever it is: above is native code
            {
                _failure = ExceptionDispatchInfo.Capture(exception);
            }
        }

        return [.. Enumerable.Repeat<Tensor>(null!, count)];
    }

    /// <summary>Frees what was handed on.</summary>
    public void Dispose()
    {
        _current = _outer;
        foreach (var gradient in _handedOn)
        {
            gradient.Dispose();
        }

        _handedOn.Clear();
    }
}
