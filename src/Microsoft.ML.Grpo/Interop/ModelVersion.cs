using System.Globalization;
using System.Reflection;

namespace Microsoft.ML.Grpo;

/// <summary>What stands in the header of a saved model: ML.NET's internal <c>VersionInfo</c>, with named parts.</summary>
/// <param name="ModelSignature">Exactly 8 Latin-1 characters.</param>
/// <param name="Written">The version that is written.</param>
/// <param name="Readable">The oldest reader that can read it.</param>
/// <param name="CanReadBack">The oldest version that this reader reads.</param>
/// <param name="LoaderSignature">At most 24 Latin-1 characters; the name in our <c>LoadableClass</c> attribute.</param>
/// <param name="LoaderAssembly">The <em>simple</em> name of the assembly to load: a full name would ask for a version.</param>
internal sealed record ModelVersion(string ModelSignature, uint Written, uint Readable, uint CanReadBack, string LoaderSignature, string LoaderAssembly)
{
    /// <summary>Makes ML.NET's struct; note that its constructor takes the assembly before the signature.</summary>
    internal object ToVersionInfo(ConstructorInfo constructor) => constructor.Invoke(
        BindingFlags.DoNotWrapExceptions, null, [ModelSignature, Written, Readable, CanReadBack, LoaderAssembly, LoaderSignature, null], CultureInfo.InvariantCulture);
}
