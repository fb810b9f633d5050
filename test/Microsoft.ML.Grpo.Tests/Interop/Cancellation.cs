using System.Runtime.CompilerServices;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Cancels a context as AutoML does; users have no public way to.</summary>
internal static class Cancellation
{
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "CancelExecution")]
    internal static extern void Cancel(MLContext context);
}
