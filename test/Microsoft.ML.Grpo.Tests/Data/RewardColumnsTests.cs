using Microsoft.ML.Data;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class RewardColumnsTests
{
    private readonly MLContext _ml = new(seed: 1);

    [TestMethod]
    public void Every_supported_type_reaches_a_reward_as_a_plain_object()
    {
        var row = new Typed();
        var names = typeof(Typed).GetProperties().Select(property => property.Name).Where(name => name != "Prompt").ToArray();
        var data = _ml.Data.LoadFromEnumerable([row]);
        var read = PromptReader.Read(data, "Prompt", [Reading(names)], "data", CancellationToken.None).Single();
        Assert.AreEqual("p", read.Prompt);
        foreach (var name in names)
        {
            var expected = typeof(Typed).GetProperty(name)!.GetValue(row)!;
            var actual = read.Columns[name]!;
            Assert.AreEqual(expected.GetType(), actual.GetType(), name);
            if (expected is Array vector)
            {
                CollectionAssert.AreEqual(vector, (Array)actual, name);
            }
            else
            {
                Assert.AreEqual(expected, actual, name);
            }
        }

        Assert.HasCount(names.Length, read.Columns);
    }

    [TestMethod]
    public void Rows_keep_their_own_values_and_only_the_columns_that_were_asked_for()
    {
        var rows = PromptReader.Read(Question.View(_ml, 3), "Prompt", [Reading("Number"), Reading("Number", "Vector")], "data", CancellationToken.None);
        CollectionAssert.AreEqual(new object[] { 0f, 1f, 2f }, rows.Select(row => row.Columns["Number"]).ToArray());
        CollectionAssert.AreEqual(new[] { 2f, -2f }, (float[])rows[2].Columns["Vector"]!);
        Assert.AreEqual("0 1 2", string.Join(' ', rows.Select(row => row.Row)));
        Assert.HasCount(2, rows[0].Columns);
    }

    [TestMethod]
    public void A_missing_column_is_refused_by_name_with_reward_and_columns()
    {
        const string message = "The data has no column 'Answer', which reward 'reading' reads. It has: Prompt, Number, Vector. Name one of them in the reward, or add the column. (Parameter 'inputSchema')";
        AssertRefused(Question.View(_ml, 1), "Answer", message);
    }

    [TestMethod]
    public void A_column_that_cannot_be_handed_over_is_refused_with_its_type()
    {
        var data = _ml.Data.LoadFromEnumerable([new Picture()]);
        var type = data.Schema["Image"].Type;
        AssertRefused(data, "Image", $"Column 'Image' of the data, which reward 'reading' reads, has type {type}. Convert it to text, a number, a boolean or a date (or a vector of these) first, or name another column in the reward. (Parameter 'inputSchema')");
    }

    [TestMethod]
    public void Data_without_rows_is_refused()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => PromptReader.Read(_ml.Data.LoadFromEnumerable(Array.Empty<Question>()), "Prompt", [], "training data", CancellationToken.None));
        Assert.AreEqual("The training data has no rows. Look at the file or filter that it comes from.", error.Message);
    }

    [TestMethod]
    public void Reading_that_is_cancelled_says_so()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        var error = Assert.ThrowsExactly<OperationCanceledException>(() => PromptReader.Read(Question.View(_ml, 1), "Prompt", [], "validation data", stop.Token));
        Assert.AreEqual("The run was cancelled while the validation data was read, before the first step: no policy is returned.", error.Message);
        Assert.AreEqual(stop.Token, error.CancellationToken);
    }

    private static void AssertRefused(IDataView data, string column, string message)
    {
        Reward[] rewards = [Reading(column)];
        foreach (var door in new Action[] { () => RewardColumns.Check(MLNetInternals.ShapeOf(data.Schema), rewards), () => RewardColumns.Find(data.Schema, rewards) })
        {
            Assert.AreEqual(message, Assert.ThrowsExactly<ArgumentOutOfRangeException>(door).Message);
        }
    }

    private static Reward Reading(params string[] columns) => Reward.FromFunction("reading", _ => 0, 1, columns);

    private sealed class Typed
    {
        public string Prompt { get; set; } = "p";

        public string Text { get; set; } = "ünï";

        public bool Boolean { get; set; } = true;

        public float Single { get; set; } = 1.5f;

        public double Double { get; set; } = Math.PI;

        public sbyte Int8 { get; set; } = -8;

        public byte UInt8 { get; set; } = 8;

        public short Int16 { get; set; } = -16;

        public ushort UInt16 { get; set; } = 16;

        public int Int32 { get; set; } = -32;

        public uint UInt32 { get; set; } = 32;

        public long Int64 { get; set; } = -64;

        public ulong UInt64 { get; set; } = 64;

        public DateTime Date { get; set; } = new(2024, 2, 29);

        public DateTimeOffset Moment { get; set; } = new(2024, 2, 29, 1, 2, 3, TimeSpan.FromHours(2));

        public TimeSpan Span { get; set; } = TimeSpan.FromSeconds(90);

        public string[] Texts { get; set; } = ["a", "b", ""];

        [VectorType(3)]
        public float[] Singles { get; set; } = [0, 1, 0];

        public double[] Doubles { get; set; } = [0.5];

        public int[] Integers { get; set; } = [7, 8];

        public bool[] Booleans { get; set; } = [true, false];
    }

    private sealed class Picture
    {
        public string Prompt { get; set; } = "p";

        [Opaque]
        public object Image { get; set; } = new();
    }

    [AttributeUsage(AttributeTargets.Property)]
    private sealed class OpaqueAttribute : DataViewTypeAttribute
    {
        public override bool Equals(DataViewTypeAttribute? other) => other is OpaqueAttribute;

        public override int GetHashCode() => 1;

        public override void Register() => DataViewTypeManager.Register(new OpaqueType(), typeof(object), this);
    }

    private sealed class OpaqueType() : StructuredDataViewType(typeof(object))
    {
        public override bool Equals(DataViewType? other) => other is OpaqueType;

        public override int GetHashCode() => 1;

        public override string ToString() => "Opaque";
    }
}
