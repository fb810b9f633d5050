using System.Collections;
using System.Globalization;
using System.Reflection;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The public options, found by reflection so that a new one cannot be forgotten.</summary>
internal static class OptionsUnderTest
{
    /// <summary>Each option as a user writes it, the property, and the object of fresh options that holds it.</summary>
    public static IEnumerable<(string Name, PropertyInfo Property, object Owner)> All()
    {
        var options = new GrpoOptions();
        foreach (PropertyInfo property in Public(options))
        {
            if (!IsGroup(property))
            {
                yield return (property.Name, property, options);
                continue;
            }

            object group = property.GetValue(options)!;
            foreach (PropertyInfo inner in Public(group))
            {
                yield return ($"{property.Name}.{inner.Name}", inner, group);
            }
        }
    }

    public static bool IsGroup(PropertyInfo property) =>
        property.PropertyType.Name.EndsWith("Options", StringComparison.Ordinal) && property.PropertyType.Assembly == typeof(GrpoOptions).Assembly;

    /// <summary>The default as documentation spells it.</summary>
    public static string Default(PropertyInfo property, object owner) => property.GetValue(owner) switch
    {
        null => "null",
        bool value => value ? "true" : "false",
        CancellationToken token when token == default => nameof(CancellationToken.None),
        ICollection { Count: 0 } => "empty",
        IConvertible value => value.ToString(CultureInfo.InvariantCulture)!,
        var other => throw new InvalidOperationException($"No spelling for {other} of {property.Name}."),
    };

    public static PropertyInfo[] Public(object owner) => owner.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance);
}
