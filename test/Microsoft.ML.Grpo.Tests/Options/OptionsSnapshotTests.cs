using System.Collections;
using System.Reflection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class OptionsSnapshotTests
{
    [TestMethod]
    public void A_snapshot_holds_every_option()
    {
        var options = new GrpoOptions();
        FillWithOtherValues(options);
        AssertSame(options, options.Snapshot(), new GrpoOptions());
    }

    [TestMethod]
    public void Changing_the_options_later_does_not_change_a_snapshot()
    {
        var options = new GrpoOptions { Lora = new() };
        GrpoOptions snapshot = options.Snapshot();
        FillWithOtherValues(options);
        foreach (var (name, property, owner) in OptionsUnderTest.All().Where(o => !OptionsUnderTest.IsNullableGroup(o.Property)))
        {
            Assert.AreEqual(OptionsUnderTest.Default(property, owner), OptionsUnderTest.Default(property, OptionsUnderTest.Holder(snapshot, name)), name);
        }
    }

    [TestMethod]
    public void A_group_that_is_not_there_is_not_in_a_snapshot_either() => Assert.IsNull(new GrpoOptions().Snapshot().Lora);

    private static void FillWithOtherValues(object owner)
    {
        foreach (PropertyInfo property in OptionsUnderTest.Public(owner))
        {
            switch (property.GetValue(owner))
            {
                case null when OptionsUnderTest.IsGroup(property):
                    property.SetValue(owner, Activator.CreateInstance(property.PropertyType));
                    FillWithOtherValues(property.GetValue(owner)!);
                    break;
                case var group when OptionsUnderTest.IsGroup(property): FillWithOtherValues(group!); break;
                case IList<Reward> rewards: rewards.Add(TestOptions.Reward("other")); break;
                case IList<int> ids: ids.Add(42); break;
                case IList<string> names: names.Add("other"); break;
                default: property.SetValue(owner, OtherValue(property, owner)); break;
            }
        }
    }

    private static object OtherValue(PropertyInfo property, object owner)
    {
        Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return type switch
        {
            _ when type == typeof(string) => "other",
            _ when type == typeof(int) => 3,
            _ when type == typeof(long) => 3L,
            _ when type == typeof(double) => 0.375,
            _ when type == typeof(bool) => !(property.GetValue(owner) as bool? ?? false),
            _ when type.IsEnum => Enum.GetValues(type).Cast<object>().Last(),
            _ when type == typeof(AdvancedSchedule) => new AdvancedSchedule(4, 2, 2),
            _ when type == typeof(IDataView) => new MLContext(0).Data.LoadFromEnumerable<Row>([]),
            _ when type == typeof(ILogger) => NullLogger.Instance,
            _ when type == typeof(IProgress<GrpoProgress>) => new Progress<GrpoProgress>(),
            _ when type == typeof(PolicyLoss) => TestOptions.UnusedLoss(),
            _ when type == typeof(RolloutEngine) => new RoundedRolloutEngine(),
            _ when type == typeof(GrpoTransformer) => TestOptions.UnusedPolicy(),
            _ when type == typeof(CancellationToken) => new CancellationToken(canceled: true),
            _ => throw new InvalidOperationException($"Say what another value of {property.Name} is: {type}."),
        };
    }

    private static void AssertSame(object expected, object actual, object fresh)
    {
        Assert.AreNotSame(expected, actual);
        foreach (PropertyInfo property in OptionsUnderTest.Public(expected))
        {
            object? value = property.GetValue(expected);
            object? copy = property.GetValue(actual);
            if (OptionsUnderTest.IsGroup(property))
            {
                AssertSame(value!, copy!, property.GetValue(fresh) ?? Activator.CreateInstance(property.PropertyType)!);
                continue;
            }

            if (value is ICollection items)
            {
                Assert.AreNotSame(value, copy, property.Name);
                CollectionAssert.AreEqual(items, (ICollection)copy!, property.Name);
            }
            else
            {
                Assert.AreEqual(value, copy, property.Name);
            }

            Assert.AreNotEqual(property.GetValue(fresh), copy, $"{property.Name} was not given another value.");
        }
    }

    private sealed class Row
    {
        public string Prompt { get; set; } = "";
    }
}
