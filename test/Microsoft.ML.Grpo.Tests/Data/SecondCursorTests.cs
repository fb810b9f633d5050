namespace Microsoft.ML.Grpo.Tests;

/// <summary>Completions are read ahead by a second cursor: no row may ever get the completion of another.</summary>
[TestClass]
public sealed class SecondCursorTests : IDisposable
{
    private const string Remedy = "make a list of it, LoadFromEnumerable(rows.ToList()), or cache the data, mlContext.Data.Cache(data).";

    private readonly MLContext _ml = new(seed: 1);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow(4, 4)] // of 10 rows: several batches
    [DataRow(4, 10)] // one batch that just holds them
    [DataRow(4, 32)] // one batch with room: the reader is closed by the cursor ahead
    [DataRow(1, 1)] // all prompts equal: only the end tells
    public void A_reader_that_enumerators_share_is_refused_with_the_remedies(int lettersOfAPrompt, int batchSize)
    {
        using var transformer = TransformerFixture.Transformer(_ml, new UpperCaseGenerator(batchSize));
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Read(transformer.Transform(Lines(10, lettersOfAPrompt))));
        StringAssert.StartsWith(error.Message, "The data gives other rows to a second cursor than to the first: ");
        StringAssert.EndsWith(error.Message, Remedy);
    }

    [TestMethod]
    public void The_message_names_the_row_whose_prompts_differ()
    {
        using var transformer = TransformerFixture.Transformer(_ml, new UpperCaseGenerator(batchSize: 4));
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Read(transformer.Transform(Lines(10))));
        StringAssert.Contains(error.Message, "their prompts differ in row 0, counted from 0.");
    }

    [TestMethod]
    [DataRow(3)]
    [DataRow(32)]
    public void Rows_of_no_fixed_order_are_refused(int batchSize)
    {
        var run = 0;
        IEnumerable<Question> Shuffled()
        {
            var random = new Random(++run);
            return Enumerable.Range(0, 20).OrderBy(_ => random.Next()).Select(i => new Question { Prompt = Question.Text(i) });
        }

        using var transformer = TransformerFixture.Transformer(_ml, new UpperCaseGenerator(batchSize));
        var output = transformer.Transform(_ml.Data.LoadFromEnumerable(Lazily(Shuffled)));
        StringAssert.EndsWith(Assert.ThrowsExactly<InvalidOperationException>(() => Read(output)).Message, Remedy);
    }

    [TestMethod]
    [DataRow(10, 11, 4, "one ends after 10 rows, the other does not")]
    [DataRow(8, 9, 4, "one ends after 8 rows, the other does not")] // a batch ends where the shorter one does
    [DataRow(11, 8, 4, "one ends after at most 8 rows, the other does not")]
    public void An_end_that_only_one_of_them_sees_is_refused(int first, int second, int batchSize, string how)
    {
        var run = 0;
        var rows = Lazily(() => Enumerable.Range(0, run++ == 0 ? first : second).Select(i => new Question { Prompt = Question.Text(i) }));
        using var transformer = TransformerFixture.Transformer(_ml, new UpperCaseGenerator(batchSize));
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Read(transformer.Transform(_ml.Data.LoadFromEnumerable(rows))));
        StringAssert.Contains(error.Message, how);
    }

    [TestMethod]
    public void The_named_remedies_work()
    {
        using var transformer = TransformerFixture.Transformer(_ml, new UpperCaseGenerator());
        var listed = _ml.Data.LoadFromEnumerable(Questions(10, 4).ToList());
        foreach (var data in new[] { listed, _ml.Data.Cache(Lines(10)), _ml.Data.Cache(Lines(10), "Prompt", "Number") })
        {
            CollectionAssert.AreEqual(Enumerable.Range(0, 10).Select(i => $"Q0{i}X".ToUpperInvariant()).ToList(), Read(transformer.Transform(data)));
        }
    }

    [TestMethod]
    public void Sampled_filtered_and_shuffled_data_gives_every_row_its_own_completion()
    {
        using var transformer = TransformerFixture.Transformer(_ml, new UpperCaseGenerator());
        var data = Question.View(_ml, 40);
        IDataView[] views =
        [
            _ml.Data.ShuffleRows(data, seed: 5),
            _ml.Data.ShuffleRows(data),
            _ml.Data.BootstrapSample(data, seed: 5),
            _ml.Data.BootstrapSample(data),
            _ml.Data.FilterRowsByColumn(data, "Number", 5, 30),
            _ml.Data.FilterByCustomPredicate<Question>(data, row => row.Number % 3 == 0),
            _ml.Data.Cache(data),
        ];
        foreach (var view in views)
        {
            var output = transformer.Transform(view);
            var rows = _ml.Data.CreateEnumerable<Pair>(output, reuseRowObject: false, ignoreMissingColumns: false).ToList();
            Assert.IsGreaterThan(5, rows.Count);
            CollectionAssert.AreEqual(rows.ConvertAll(row => row.Prompt.ToUpperInvariant()), rows.ConvertAll(row => row.Completion));
        }
    }

    private static IEnumerable<Question> Lazily(Func<IEnumerable<Question>> rows)
    {
        foreach (var row in rows())
        {
            yield return row;
        }
    }

    private List<string> Read(IDataView output) =>
        [.. _ml.Data.CreateEnumerable<Pair>(output, reuseRowObject: false).Select(row => row.Completion)];

    private IDataView Lines(int count, int letters = 4) => _ml.Data.LoadFromEnumerable(Questions(count, letters));

    /// <summary>What a user writes: File.ReadLines shares its reader until it has been read to its end once.</summary>
    private IEnumerable<Question> Questions(int count, int letters)
    {
        var path = _folder[$"{Guid.NewGuid():N}.txt"];
        File.WriteAllLines(path, Enumerable.Range(0, count).Select(i => $"q{i:00}x"[..letters]));
        return File.ReadLines(path).Select(line => new Question { Prompt = line });
    }

    private sealed class Pair
    {
        public string Prompt { get; set; } = "";

        public string Completion { get; set; } = "";
    }
}
