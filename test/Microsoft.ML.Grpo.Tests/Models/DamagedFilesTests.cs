using System.Text.Json;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>
/// Small valid files with bytes changed, taken out, put in and cut off at random: each loads, or is refused by an error that names
/// it. Nothing else comes out, and no more managed memory is asked for than such files need.
/// </summary>
[TestClass]
public sealed class DamagedFilesTests : IDisposable
{
    private const int MostBytes = 16 << 20;
    private const int MostBytesOfVocabulary = MostBytes + (9 * TokenizerJson.LargestId); // a list that reaches to the largest id there may be

    private static readonly Gen<Damage> Damages = Gen.Select(
        Gen.Select(Gen.Int[0, 3], Gen.Double.Unit, Gen.Byte, Gen.Int[0, 32]).Array[1, 3], Gen.Bool, Gen.Double.Unit, (edits, all, cut) => new Damage(edits, all ? null : cut));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void A_GGUF_file_with_scores()
    {
        var file = GgufBytes.Metaspace();
        var bytes = file.ToArray();
        Check("m.gguf", bytes, file.HeaderBytes, _folder["m.gguf"]);
    }

    [TestMethod]
    public void A_safetensors_file()
    {
        new SavedModel().Write(_folder.Path);
        var bytes = File.ReadAllBytes(_folder["model.safetensors"]);
        Check("model.safetensors", bytes, 8 + (int)BitConverter.ToInt64(bytes), _folder.Path);
    }

    [TestMethod]
    [DataRow(SafetensorsIndex.FileName)]
    [DataRow(ShardedModel.Second)]
    [DataRow("config.json")]
    public void A_file_of_a_model_in_shards(string name)
    {
        using (var model = new ShardedModel())
        {
            model.Write(_folder.Path);
        }

        var bytes = File.ReadAllBytes(_folder[name]);
        Check(name, bytes, name == ShardedModel.Second ? 8 + (int)BitConverter.ToInt64(bytes) : bytes.Length, _folder.Path);
    }

    [TestMethod]
    public void A_generation_config()
    {
        new SavedModel { Files = { [GenerationConfig.FileName] = """{"eos_token_id": [2, 3], "temperature": 0.6}"""u8.ToArray() } }.Write(_folder.Path);
        var bytes = File.ReadAllBytes(_folder[GenerationConfig.FileName]);
        Check(GenerationConfig.FileName, bytes, bytes.Length, _folder.Path);
    }

    [TestMethod]
    [DataRow(PeftNames.Config)]
    [DataRow(PeftNames.Weights)]
    public void A_file_of_an_adapter(string name)
    {
        using var network = RandomModel.Create(dtype: ScalarType.Float32);
        using (var adapted = RandomModel.Create(dtype: ScalarType.Float32))
        {
            RandomAdapter.AttachTo(adapted);
            PeftDirectory.Save(_folder["adapter"], adapted, ScalarType.Float32);
        }

        var file = Path.Combine("adapter", name);
        var bytes = File.ReadAllBytes(_folder[file]);
        Check(file, bytes, name == PeftNames.Weights ? 8 + (int)BitConverter.ToInt64(bytes) : bytes.Length, () => PeftDirectory.Load(_folder["adapter"], network));
    }

    [TestMethod]
    [DataRow("byte-level")]
    [DataRow("SentencePiece")]
    public void A_tokenizer(string kind)
    {
        var json = kind == "byte-level" ? TinyTokenizer.Json(["H e", "He l"]) : TinyMetaspace.Llama2();
        var path = _folder["tokenizer.json"];
        var bytes = JsonSerializer.SerializeToUtf8Bytes(json);
        Check("tokenizer.json", bytes, bytes.Length, () => PolicyTokenizer.Read(File.ReadAllBytes(path), TokenizerConfig.Empty, path), MostBytesOfVocabulary);
    }

    [TestMethod]
    public void Every_cut_of_a_safetensors_file_is_refused()
    {
        new SavedModel().Write(_folder.Path);
        var bytes = File.ReadAllBytes(_folder["model.safetensors"]);
        for (var length = 0; length < bytes.Length; length += length < 4000 ? 7 : 997)
        {
            File.WriteAllBytes(_folder["model.safetensors"], bytes[..length]);
            Assert.IsNotNull(Refusal(() => PretrainedModel.Load(_folder.Path, ScalarType.Float32, CPU)), $"{length}");
        }
    }

    private void Check(string name, byte[] whole, int headerBytes, string path) => Check(name, whole, headerBytes, () => PretrainedModel.Load(path, ScalarType.Float32, CPU));

    private void Check(string name, byte[] whole, int headerBytes, Func<object> load, int mostBytes = MostBytes)
    {
        File.WriteAllBytes(_folder[name], whole);
        Assert.IsNull(Refusal(load), "The whole file loads.");
        var refused = 0;
        Damages.Sample(
            damage =>
            {
                File.WriteAllBytes(_folder[name], damage.Of(whole, headerBytes));
                var before = GC.GetAllocatedBytesForCurrentThread();
                var refusal = Refusal(load);
                var taken = GC.GetAllocatedBytesForCurrentThread() - before;
                refused += refusal is null ? 0 : 1;
                Assert.IsLessThan(mostBytes, taken, "bytes of memory");
                StringAssert.Contains(refusal?.Message ?? _folder.Path, _folder.Path);
            },
            iter: 400,
            threads: 1);
        Assert.IsGreaterThan(100, refused, "Damage that is hardly ever found is none.");
    }

    /// <summary>The error that loading gives; null if it succeeds. Any other exception is a failure of the test.</summary>
    private static Exception? Refusal(Func<object> load)
    {
        try
        {
            (load() as IDisposable)?.Dispose();
            return null;
        }
        catch (ModelFormatException refusal)
        {
            return refusal;
        }
        catch (Exception refusal) when (refusal is FileNotFoundException or InvalidDataException or NotSupportedException)
        {
            return refusal;
        }
    }

    /// <summary>What is done to a file.</summary>
    /// <param name="Edits">What (0 and 1: another byte; 2: bytes put in; 3: bytes taken out), where in the header as a share of it, the byte, and how many.</param>
    /// <param name="Cut">The share of the file that is left; null: all.</param>
    private sealed record Damage((int What, double Where, byte Byte, int Count)[] Edits, double? Cut)
    {
        public byte[] Of(byte[] whole, int headerBytes)
        {
            var file = whole.ToList();
            foreach (var (what, where, value, count) in Edits.TakeWhile(_ => file.Count > 0))
            {
                var at = (int)(where * Math.Min(headerBytes, file.Count - 1));
                switch (what)
                {
                    case 2:
                        file.InsertRange(at, Enumerable.Repeat(value, count));
                        break;
                    case 3:
                        file.RemoveRange(at, Math.Min(count, file.Count - at));
                        break;
                    default:
                        file[at] = value;
                        break;
                }
            }

            return [.. Cut is { } left ? file.Take((int)(left * file.Count)) : file];
        }
    }
}
