using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class SafetensorsTests
{
    [TestMethod]
    [DataRow(ScalarType.Float64)]
    [DataRow(ScalarType.Float32)]
    [DataRow(ScalarType.Float16)]
    [DataRow(ScalarType.BFloat16)]
    public void Numbers_that_a_type_can_hold_come_back_exactly(ScalarType storedAs)
    {
        using var reader = WriteAndRead(("x", [1.5f, -2f, 0f, 0.09375f, float.PositiveInfinity, 96f]), storedAs);
        Assert.AreEqual(storedAs, reader.Entries["x"].Type);
        CollectionAssert.AreEqual(new long[] { 2, 3 }, reader.Entries["x"].Shape.ToArray());
        foreach (var wanted in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            using var x = reader.Read("x", wanted, CPU);
            using var asDouble = x.to(ScalarType.Float64);
            Assert.AreEqual(wanted, x.dtype);
            CollectionAssert.AreEqual(new[] { 1.5, -2, 0, 0.09375, double.PositiveInfinity, 96 }, asDouble.data<double>().ToArray());
        }
    }

    [TestMethod]
    public void BFloat16_is_read_by_its_bits()
    {
        var file = SafetensorsHostileTests.File("""{"x":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}""", 4);
        (file[^4], file[^3], file[^2], file[^1]) = (0x80, 0x3F, 0x49, 0x40); // 1, and pi cut to eight bits
        using var reader = new SafetensorsReader(new MemoryStream(file), "m");
        using var x = reader.Read("x", ScalarType.Float32, CPU);
        CollectionAssert.AreEqual(new[] { 1f, 3.140625f }, x.data<float>().ToArray());
    }

    [TestMethod]
    public void Whole_numbers_and_truth_values_are_read()
    {
        const string Header = """{"i":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"j":{"dtype":"I32","shape":[1],"data_offsets":[8,12]},"u":{"dtype":"U8","shape":[1],"data_offsets":[12,13]},"b":{"dtype":"BOOL","shape":[3],"data_offsets":[13,16]}}""";
        var file = SafetensorsHostileTests.File(Header, 16);
        var data = file.AsSpan(^16..);
        (data[0], data[8], data[12], data[13], data[15]) = (7, 8, 9, 1, 255);
        using var reader = new SafetensorsReader(new MemoryStream(file), "m");
        using var scope = NewDisposeScope();
        Assert.AreEqual(7L, reader.Read("i").item<long>());
        Assert.AreEqual(8, reader.Read("j").item<int>());
        Assert.AreEqual(9, reader.Read("u").item<byte>());
        CollectionAssert.AreEqual(new[] { true, false, true }, reader.Read("b").data<bool>().ToArray());
    }

    [TestMethod]
    public void Scalars_and_empty_tensors_are_read()
    {
        var file = SafetensorsHostileTests.File("""{"e":{"dtype":"F32","shape":[0,4294967296,4294967296],"data_offsets":[0,0]},"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""", 4);
        using var reader = new SafetensorsReader(new MemoryStream(file), "m");
        using var scope = NewDisposeScope();
        Assert.AreEqual(0L, reader.Entries["e"].Elements);
        Assert.AreEqual(0f, reader.Read("s").item<float>());
        Assert.AreEqual(0, reader.Read("s").dim());
    }

    [TestMethod]
    public void Tensors_larger_than_the_staging_area_come_back_whole()
    {
        _ = SafetensorsDtype.Supported; // loads the library, and with it the native one
        using var scope = NewDisposeScope();
        var x = Sums.Range(5_000_000, CPU).to(ScalarType.Float32); // 20 MB: two pieces
        using var buffer = new MemoryStream();
        SafetensorsWriter.Write(buffer, new Dictionary<string, Tensor> { ["x"] = x });
        using var reader = new SafetensorsReader(buffer, "m");
        Assert.IsTrue(reader.Read("x").Equals(x));
    }

    [TestMethod]
    public void The_file_says_pt_is_padded_and_sorted()
    {
        _ = SafetensorsDtype.Supported;
        using var scope = NewDisposeScope();
        using var buffer = new MemoryStream();
        SafetensorsWriter.Write(buffer, new Dictionary<string, Tensor> { ["b"] = ones(3), ["B"] = ones(1), ["a"] = ones(2).t() });
        var headerBytes = BitConverter.ToInt64(buffer.ToArray(), 0);
        Assert.AreEqual(0, headerBytes % 8);
        using var reader = new SafetensorsReader(buffer, "m");
        Assert.AreEqual("pt", reader.Metadata["format"]);
        CollectionAssert.AreEqual(new[] { "B", "a", "b" }, reader.Entries.Values.OrderBy(e => e.Begin).Select(e => e.Name).ToArray());
    }

    [TestMethod]
    public void A_transposed_tensor_is_written_in_row_order()
    {
        _ = SafetensorsDtype.Supported;
        using var scope = NewDisposeScope();
        using var buffer = new MemoryStream();
        SafetensorsWriter.Write(buffer, new Dictionary<string, Tensor> { ["x"] = Sums.Range(6, CPU).to(ScalarType.Float32).view(2, 3).t() });
        using var reader = new SafetensorsReader(buffer, "m");
        CollectionAssert.AreEqual(new[] { 0f, 3, 1, 4, 2, 5 }, reader.Read("x").data<float>().ToArray());
    }

    [TestMethod]
    public void A_missing_tensor_is_named()
    {
        using var reader = WriteAndRead(("x", [0, 0, 0, 0, 0, 0]), ScalarType.Float32);
        var error = Assert.ThrowsExactly<ModelFormatException>(() => reader.Read("y"));
        Assert.AreEqual("m: holds no tensor 'y'. Use a complete file.", error.Message);
    }

    [TestMethod]
    public void Whole_numbers_are_no_weights()
    {
        var file = SafetensorsHostileTests.File("""{"i":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}}""", 4);
        using var reader = new SafetensorsReader(new MemoryStream(file), "m");
        var error = Assert.ThrowsExactly<ModelFormatException>(() => reader.Read("i", ScalarType.Float32, CPU));
        Assert.AreEqual("m: tensor 'i' is stored as I32, not as floating point numbers. Use a model whose weights are F32, F16, BF16 or F64.", error.Message);
    }

    [TestMethod]
    public void A_file_that_shrinks_after_its_header_was_read_is_reported()
    {
        var stream = new MemoryStream();
        stream.Write(SafetensorsHostileTests.File("""{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", 16));
        using var reader = new SafetensorsReader(stream, "m");
        stream.SetLength(stream.Length - 1);
        var error = Assert.ThrowsExactly<ModelFormatException>(() => reader.Read("x"));
        Assert.AreEqual("m: became shorter while tensor 'x' was read. Load it again when nothing writes to it.", error.Message);
    }

    [TestMethod]
    public void A_full_disk_leaves_the_old_file_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["x"], "old");
        var content = new byte[100];
        Assert.ThrowsExactly<IOException>(() => AtomicFile.Write(
            folder["x"],
            stream =>
            {
                stream.Write(content);
                stream.Write(content);
            },
            path => new FullDisk(path, room: 150)));
        Assert.AreEqual("old", File.ReadAllText(folder["x"]));
        CollectionAssert.AreEqual(new[] { "x" }, folder.Names.ToArray());
    }

    [TestMethod]
    public void A_name_as_long_as_the_file_system_bears_can_be_written()
    {
        using var folder = new TemporaryFolder();
        var name = new string('x', 255);
        AtomicFile.Write(folder[name], stream => stream.WriteByte(1));
        CollectionAssert.AreEqual(new[] { name }, folder.Names.ToArray());
    }

    private static SafetensorsReader WriteAndRead((string Name, float[] Values) given, ScalarType storedAs)
    {
        _ = SafetensorsDtype.Supported;
        using var scope = NewDisposeScope();
        var buffer = new MemoryStream();
        SafetensorsWriter.Write(buffer, new Dictionary<string, Tensor> { [given.Name] = tensor(given.Values).view(2, 3) }, storedAs);
        return new(buffer, "m");
    }
}
