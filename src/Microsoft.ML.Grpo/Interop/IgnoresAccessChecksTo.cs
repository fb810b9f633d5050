#pragma warning disable IDE0130 // the runtime knows this attribute by its full name
namespace System.Runtime.CompilerServices;

/// <summary>
/// Tells the runtime that this assembly may use the internal types of another. The framework declares no such class,
/// but looks for one of this name. Without it, the runtime hides attributes of internal types, the one with which
/// <c>Model.Load</c> finds <see cref="Microsoft.ML.Grpo.GrpoTransformer"/> among them.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
{
    public string AssemblyName { get; } = assemblyName;
}
