using System.Collections;
using System.Globalization;
using System.Reflection;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The public options, found by reflection so that a new one cannot be forgotten.</summary>
internal static class OptionsUnderTest
{
    /// <summary>Each option as a user writes it, the property, and the object of fresh options that holds it.</summary>
    public static IEnumerable<(string Name, PropertyInfo Property, object Owner)> All() => Of(new GrpoOptions(), "");

    /// <summary>The object that holds an option of these options.</summary>
    public static object Holder(GrpoOptions options, string name) => name.Split('.')[..^1].Aggregate(
        (object)options, (owner, group) => owner.GetType().GetProperty(group)!.GetValue(owner)!);

    public static bool IsGroup(PropertyInfo property) =>
        property.PropertyType.Name.EndsWith("Options", StringComparison.Ordinal) && property.PropertyType.Assembly == typeof(GrpoOptions).Assembly;

    /// <summary>Whether the group is not there unless a user sets it; it is then an option itself.</summary>
    public static bool IsNullableGroup(PropertyInfo property) => IsGroup(property) && property.GetSetMethod() is not null;

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

    private static IEnumerable<(string Name, PropertyInfo Property, object Owner)> Of(object owner, string prefix)
    {
        foreach (PropertyInfo property in Public(owner))
        {
            if (!IsGroup(property) || IsNullableGroup(property))
            {
                yield return (prefix + property.Name, property, owner);
            }

            if (IsGroup(property))
            {
                foreach (var inner in Of(property.GetValue(owner) ?? Activator.CreateInstance(property.PropertyType)!, $"{prefix}{property.Name}."))
                {
                    yield return inner;
                }
            }
        }
    }
}
