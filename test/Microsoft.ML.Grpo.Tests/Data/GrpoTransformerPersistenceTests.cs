using System.IO.Compression;
using System.Text;
using Microsoft.ML.Data;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public sealed class GrpoTransformerPersistenceTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly string _folder = Directory.CreateTempSubdirectory("grpo-test-").FullName;

    private string Model => Path.Combine(_folder, "model.zip");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void A_loaded_model_has_the_same_schema_and_values_and_the_saved_input_schema()
    {
        var data = Question.View(_ml, 9);
        using var saved = Save(new UpperCaseGenerator(prefix: "ünï> "), data.Schema);
        using var loaded = (GrpoTransformer)new MLContext().Model.Load(Model, out var inputSchema);
        Assert.AreEqual(saved.Columns, loaded.Columns);
        CollectionAssert.AreEqual(Describe(data.Schema), Describe(inputSchema));
        CollectionAssert.AreEqual(Describe(saved.Transform(data).Schema), Describe(loaded.Transform(data).Schema));
        CollectionAssert.AreEqual(saved.Transform(data).Texts(), loaded.Transform(data).Texts());
        CollectionAssert.AreEqual(saved.Transform(data).GetColumn<float>("LogProb").ToList(), loaded.Transform(data).GetColumn<float>("LogProb").ToList());
        CollectionAssert.AreEqual(saved.Transform(data).Texts("Reason"), loaded.Transform(data).Texts("Reason"));
    }

    [TestMethod]
    public void In_a_chain_it_loads_as_itself_and_predicts()
    {
        var data = Question.View(_ml, 2);
        var copy = _ml.Transforms.CopyColumns("Q", "Prompt").Fit(data);
        var policy = TransformerFixture.Transformer(_ml, new UpperCaseGenerator(prefix: "! "), new GrpoColumns("Q", "Completion"));
        using (var chain = new TransformerChain<ITransformer>(copy, policy))
        {
            _ml.Model.Save(chain, data.Schema, Model);
        }

        var fresh = new MLContext();
        var loaded = fresh.Model.Load(Model, out var schema);
        Assert.HasCount(1, ((IEnumerable<ITransformer>)loaded).OfType<GrpoTransformer>().ToList());
        using var engine = fresh.Model.CreatePredictionEngine<Question, Answer>(loaded, new PredictionEngineOptions { IgnoreMissingColumns = true });
        Assert.AreEqual("! ABC", engine.Predict(new Question { Prompt = "abc" }).Completion);
        Assert.HasCount(3, schema);
    }

    [TestMethod]
    public void Big_entries_go_through_in_pieces_and_leave_no_file_behind()
    {
        const int Megabytes = 24;
        var piece = new byte[1 << 20];
        new Random(2).NextBytes(piece);
        var generator = new UpperCaseGenerator
        {
            SaveMore = entries => entries.WriteBinary("weights.bin", stream =>
            {
                for (var i = 0; i < Megabytes; i++)
                {
                    stream.Write(piece);
                }
            }),
        };
        using var saved = Save(generator, null);
        var temporary = Directory.CreateDirectory(Path.Combine(_folder, "temporary")).FullName;
        using var loaded = new MLContext { TempFilePath = temporary }.Model.Load(Model, out _) as IDisposable;
        Assert.IsNotNull(loaded);
        Assert.IsEmpty(Directory.GetFileSystemEntries(temporary));
        using var zip = ZipFile.OpenRead(Model);
        Assert.AreEqual((long)Megabytes << 20, zip.Entries.Single(entry => entry.Name == "weights.bin").Length);
    }

    [TestMethod]
    public void No_path_of_the_machine_is_stored()
    {
        using var saved = Save(new UpperCaseGenerator(), Question.View(_ml, 1).Schema);
        using var zip = ZipFile.OpenRead(Model);
        foreach (var entry in zip.Entries)
        {
            using var reader = new StreamReader(entry.Open(), Encoding.Latin1);
            var text = reader.ReadToEnd().Replace("\0", "", StringComparison.Ordinal);
            foreach (var secret in new[] { _folder, AppContext.BaseDirectory, Path.GetTempPath() })
            {
                Assert.IsFalse(text.Contains(secret, StringComparison.OrdinalIgnoreCase), $"{entry.FullName} holds '{secret}'");
            }
        }
    }

    [TestMethod]
    public void A_newer_format_is_refused_with_the_remedy()
    {
        using var saved = Save(new UpperCaseGenerator(), null);
        ReplaceInKey(BitConverter.GetBytes(1), BitConverter.GetBytes(2), at: 256);
        StringAssert.Contains(LoadError(), "was saved in format 2; this version of Microsoft.ML.Grpo reads up to 1. Update the package.");
    }

    [TestMethod]
    public void An_unknown_kind_of_generator_is_refused_with_the_remedy()
    {
        using var saved = Save(new UpperCaseGenerator(), null);
        ReplaceInKey("upper-case test"u8.ToArray(), "other-case test"u8.ToArray());
        StringAssert.Contains(LoadError(), "of kind 'other-case test', which this version of Microsoft.ML.Grpo does not know");
    }

    [TestMethod]
    public void A_damaged_description_is_refused()
    {
        using var saved = Save(new UpperCaseGenerator(), null);
        ReplaceInKey("{\"Columns\""u8.ToArray(), "[\"Columns\""u8.ToArray());
        StringAssert.Contains(LoadError(), "The GRPO model is damaged: its description cannot be read");
    }

    [TestMethod]
    public void An_entry_that_would_leave_its_directory_is_refused_and_nothing_is_written()
    {
        using var saved = Save(new UpperCaseGenerator(), null);
        ReplaceInKey("prefix.txt"u8.ToArray(), "../out.txt"u8.ToArray());
        var temporary = Directory.CreateDirectory(Path.Combine(_folder, "temporary")).FullName;
        StringAssert.Contains(LoadError(temporary), "'../out.txt' cannot name an entry of a model");
        Assert.IsEmpty(Directory.GetFileSystemEntries(temporary));
    }

    [TestMethod]
    public void A_missing_entry_is_named()
    {
        using var saved = Save(new UpperCaseGenerator(), null);
        ReplaceInKey("prefix.txt"u8.ToArray(), "absent.txt"u8.ToArray());
        StringAssert.Contains(LoadError(), "The GRPO model is damaged: its entry 'absent.txt' is missing.");
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("a/b")]
    [DataRow("a\\b")]
    [DataRow("..")]
    [DataRow("model.KEY")]
    [DataRow("prefix.txt")]
    public void An_entry_needs_a_plain_and_unused_name(string name)
    {
        var generator = new UpperCaseGenerator { SaveMore = entries => entries.WriteText(name, "") };
        using var transformer = TransformerFixture.Transformer(_ml, generator);
        using var file = new MemoryStream();
        var error = Assert.Throws<Exception>(() => _ml.Model.Save(transformer, null, file));
        StringAssert.Contains(error.Message, $"'{name}'");
    }

    private GrpoTransformer Save(TextGenerator generator, DataViewSchema? schema)
    {
        var transformer = TransformerFixture.Transformer(_ml, generator);
        _ml.Model.Save(transformer, schema, Model);
        return transformer;
    }

    private string LoadError(string? temporary = null)
    {
        var ml = new MLContext();
        if (temporary is not null)
        {
            ml.TempFilePath = temporary;
        }

        return Assert.Throws<Exception>(() => ml.Model.Load(Model, out _)).ToString();
    }

    // Changes bytes of the same number in the transformer's Model.key.
    private void ReplaceInKey(byte[] from, byte[] to, int at = 0)
    {
        using var zip = ZipFile.Open(Model, ZipArchiveMode.Update);
        var entry = zip.Entries.Single(entry => entry.FullName.Replace('\\', '/').EndsWith("Model.key", StringComparison.Ordinal));
        using var stream = entry.Open();
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var place = at + bytes.AsSpan(at).IndexOf(from);
        Assert.IsGreaterThanOrEqualTo(at, place, "the bytes to change are not there");
        to.CopyTo(bytes, place);
        stream.Position = 0;
        stream.Write(bytes);
    }

    private static List<string> Describe(DataViewSchema schema) => [.. schema.Select(column => $"{column.Name} {column.Type}")];
}
