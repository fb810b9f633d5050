using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Microsoft.ML.Grpo.Build;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class TypeExposerTests
{
    private static readonly string Core = Path.Combine(AppContext.BaseDirectory, "Microsoft.ML.Core.dll");

    [TestMethod]
    public void The_named_types_become_public_and_no_others()
    {
        var original = File.ReadAllBytes(Core);
        var exposed = TypeExposer.Expose(original.ToArray(), ["Microsoft.ML.LoadableClassAttribute", "Microsoft.ML.ModelLoadContext"]);
        CollectionAssert.AreEquivalent(
            new[] { "LoadableClassAttribute", "ModelLoadContext" }, PublicTypes(exposed).Except(PublicTypes(original)).ToList());
        Assert.AreEqual(original.Length, exposed.Length);
    }

    [TestMethod]
    public void Types_that_have_gone_are_named()
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(() => TypeExposer.Expose(File.ReadAllBytes(Core), ["Microsoft.ML.Gone", "Microsoft.ML.ModelLoadContext"]));
        StringAssert.StartsWith(error.Message, "it has no type Microsoft.ML.Gone;");
    }

    private static List<string> PublicTypes(byte[] assembly)
    {
        using var pe = new PEReader(new MemoryStream(assembly));
        var metadata = pe.GetMetadataReader();
        return [.. metadata.TypeDefinitions.Select(metadata.GetTypeDefinition)
            .Where(type => (type.Attributes & TypeAttributes.VisibilityMask) == TypeAttributes.Public)
            .Select(type => metadata.GetString(type.Name))];
    }
}
