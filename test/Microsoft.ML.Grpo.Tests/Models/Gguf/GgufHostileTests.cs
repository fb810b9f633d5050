namespace Microsoft.ML.Grpo.Tests;

/// <summary>Damaged and hostile headers: each refused with file, place and remedy, before anything is allocated for it.</summary>
[TestClass]
public class GgufHostileTests
{
    private const string Again = "Download the file again.";

    [TestMethod]
    public void The_file_that_the_others_are_made_from_is_whole()
    {
        using var gguf = Read(GgufBytes.Llama().ToArray());
        Assert.HasCount(11, gguf.Tensors);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(3)]
    public void A_file_of_few_bytes(int length) => Refused(new byte[length], $"m: the file ends within the magic number: it is cut short. {Again}");

    [TestMethod]
    public void Another_magic_number() => Refused(file => file.Magic = 0x46554746, "m: is not a GGUF file: it does not begin with 'GGUF'. Download the file again.");

    [TestMethod]
    [DataRow(0x03000000u, "is a big-endian GGUF file, which is not supported. Use a little-endian one.")]
    [DataRow(0x02000000u, "is a big-endian GGUF file, which is not supported. Use a little-endian one.")]
    [DataRow(0u, "is GGUF of version 0; supported are 2 and 3. Convert the model again with a current llama.cpp.")]
    [DataRow(1u, "is GGUF of version 1; supported are 2 and 3. Convert the model again with a current llama.cpp.")]
    [DataRow(4u, "is GGUF of version 4; supported are 2 and 3. Convert the model again with a current llama.cpp.")]
    public void Another_version(uint version, string problem) => Refused(file => file.Version = version, $"m: {problem}");

    [TestMethod]
    public void Version_2_has_the_same_layout()
    {
        using var gguf = Read(Changed(file => file.Version = 2));
        Assert.HasCount(11, gguf.Tensors);
    }

    [TestMethod]
    [DataRow(1UL << 63)]
    [DataRow(ulong.MaxValue)]
    [DataRow(1_000_000UL)]
    public void Counts_beyond_the_file(ulong count)
    {
        Refused(file => file.TensorCount = count, $"m: the number of tensors is {count}, more than the rest of the file can hold. {Again}");
        Refused(file => file.PairCount = count, $"m: the number of metadata pairs is {count}, more than the rest of the file can hold. {Again}");
    }

    [TestMethod]
    public void More_tensors_than_there_are() => StringAssert.EndsWith(Refusal(Changed(file => file.TensorCount = 12)).Message, Again);

    [TestMethod]
    [DataRow(1UL << 63)]
    [DataRow(ulong.MaxValue)]
    [DataRow(1_000_000UL)]
    public void Texts_and_lists_beyond_the_file(ulong length)
    {
        Refused(file => file.MorePairs = [.. BitConverter.GetBytes(length), .. new byte[100]], $"m: the length of a metadata key is {length}, more than the rest of the file can hold. {Again}");
        Refused(Pair(8, [.. BitConverter.GetBytes(length)]), $"m: the length of the metadata 'x' is {length}, more than the rest of the file can hold. {Again}");
        Refused(Pair(9, [4, 0, 0, 0, .. BitConverter.GetBytes(length)]), $"m: the length of the list 'x' is {length}, more than the rest of the file can hold. {Again}");
    }

    [TestMethod]
    public void A_list_of_millions_is_not_read()
    {
        var file = Changed(Pair(9, [0, 0, 0, 0, .. BitConverter.GetBytes((1UL << 24) + 1), .. new byte[(1 << 24) + 1]]));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused(file, "m: the list 'x' has 16777217 entries, more than the 16777216 that are read. Use another model.");
        Assert.IsLessThan(1 << 20, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [TestMethod]
    public void Values_of_types_that_there_are_not()
    {
        Refused(Pair(13, new byte[8]), $"m: the metadata 'x' has the type 13, which GGUF does not know. {Again}");
        Refused(Pair(9, [13, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, .. new byte[12]]), $"m: the metadata 'x' has the type 13, which GGUF does not know. {Again}");
        Refused(Pair(7, [2]), $"m: the metadata 'x' is 2, which is neither true nor false. {Again}");
        Refused(Pair(10, [.. BitConverter.GetBytes(1UL << 63)]), $"m: the metadata 'x' is 9223372036854775808, too large for any file. {Again}");
    }

    [TestMethod]
    public void Lists_within_lists_without_end()
    {
        byte[] list = [9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
        Refused(Pair(9, [.. Enumerable.Repeat(list, 10_000).SelectMany(bytes => bytes)]), $"m: the metadata 'x' has lists within lists within lists. {Again}");
    }

    [TestMethod]
    public void Texts_that_are_none()
    {
        byte[] half = [1, 0, 0, 0, 0, 0, 0, 0, 0xC3];
        Refused(Pair(8, half), $"m: the metadata 'x' is not valid UTF-8. {Again}");
        Refused(file => file.MorePairs = [.. half, .. new byte[20]], $"m: a metadata key is not valid UTF-8. {Again}");
    }

    [TestMethod]
    public void A_key_twice() => Refused(
        file => file.MorePairs = [.. GgufBytes.Text("general.architecture"), 4, 0, 0, 0, 1, 0, 0, 0], $"m: the metadata key 'general.architecture' appears twice. {Again}");

    [TestMethod]
    public void A_tensor_twice() => Refused(
        file => file["blk.0.attn_v.weight"].Name = "blk.0.attn_k.weight", $"m: tensor 'blk.0.attn_k.weight' appears twice. {Again}");

    [TestMethod]
    [DataRow(0u)]
    [DataRow(4u)]
    [DataRow(12u)]
    [DataRow((1u << 20) + 8)]
    public void An_alignment_that_is_none(uint alignment) => Refused(
        file => file.Set("general.alignment", alignment),
        $"m: metadata 'general.alignment' is {alignment}, not a multiple of 8 up to 1048576. Use a file that llama.cpp's converter made.");

    [TestMethod]
    public void An_alignment_of_another_kind() => Refused(
        file => file.Set("general.alignment", "32"), "m: metadata 'general.alignment' is '32', not a whole number. Use a file that llama.cpp's converter made.");

    [TestMethod]
    public void Another_alignment_is_followed()
    {
        using var gguf = Read(Changed(file =>
        {
            file.Alignment = 64;
            file.Set("general.alignment", 64u);
        }));
        Assert.IsTrue(gguf.Tensors.Values.All(tensor => tensor.Begin % 64 == 0));
    }

    [TestMethod]
    public void Five_dimensions() => Refused(
        file => file["output_norm.weight"].Sizes = [32, 1, 1, 1, 1], $"m: tensor 'output_norm.weight' has 5 dimensions, more than 4. {Again}");

    [TestMethod]
    public void Dimensions_without_end() => Refused(
        file => file["output_norm.weight"].Dimensions = uint.MaxValue, $"m: tensor 'output_norm.weight' has 4294967295 dimensions, more than 4. {Again}");

    [TestMethod]
    public void A_size_of_2_to_the_63() => Refused(
        file => file["output_norm.weight"].Sizes = [1UL << 63], $"m: the shape of tensor 'output_norm.weight' is 9223372036854775808, too large for any file. {Again}");

    [TestMethod]
    public void A_shape_whose_product_overflows() => Refused(
        file => file["output_norm.weight"].Sizes = [1UL << 32, 1UL << 32, 1UL << 32, 1UL << 32],
        $"m: tensor 'output_norm.weight' has shape [4294967296, 4294967296, 4294967296, 4294967296], too large for any file. {Again}");

    [TestMethod]
    [DataRow(4u)]
    [DataRow(15u)]
    [DataRow(16u)]
    [DataRow(39u)]
    [DataRow(uint.MaxValue)]
    public void A_type_that_is_not_supported(uint type) => Refused(
        file => file["output_norm.weight"].Type = type,
        $"m: tensor 'output_norm.weight' has the GGML type {type}, which is not supported; supported are F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, BF16. Use a file of another quantisation.");

    [TestMethod]
    [DataRow(2u, "Q4_0", 32)]
    [DataRow(12u, "Q4_K", 256)]
    public void Rows_that_are_no_whole_blocks(uint type, string name, int block) => Refused(
        file => (file["output_norm.weight"].Type, file["output_norm.weight"].Sizes) = (type, [48, 2]), $"m: tensor 'output_norm.weight' has rows of 48 numbers, but {name} stores blocks of {block}. {Again}");

    [TestMethod]
    public void A_place_that_is_not_aligned() => Refused(
        file => file["output_norm.weight"].Begin = 4, $"m: tensor 'output_norm.weight' begins at byte 4, which is no multiple of the alignment of 32. {Again}");

    [TestMethod]
    public void Tensors_that_overlap() => Refused(
        file => file["output_norm.weight"].Begin = 0, $"m: tensor 'token_embd.weight' begins at byte 0 and overlaps tensor 'output_norm.weight', which ends at byte 128. {Again}");

    [TestMethod]
    [DataRow(1UL << 40)]
    [DataRow((1UL << 63) - 32)]
    public void A_place_beyond_the_file(ulong begin)
    {
        var file = GgufBytes.Llama();
        file["output_norm.weight"].Begin = begin;
        var bytes = file.ToArray();
        Refused(bytes, $"m: tensor 'output_norm.weight' takes 128 bytes from byte {begin}, but the file holds {bytes.Length - ((file.HeaderBytes + 31) / 32 * 32)} bytes of tensors: it is cut short. {Again}");
    }

    [TestMethod]
    public void A_place_of_2_to_the_63() => Refused(
        file => file["output_norm.weight"].Begin = 1UL << 63, $"m: the place of tensor 'output_norm.weight' is 9223372036854775808, too large for any file. {Again}");

    [TestMethod]
    public void A_file_cut_anywhere_says_so()
    {
        var bytes = GgufBytes.Llama().ToArray();
        for (var length = 0; length < bytes.Length; length += length < 2000 ? 1 : 97)
        {
            var refusal = Refusal(bytes[..length]);
            Assert.IsTrue(
                refusal.Message.Contains("cut short", StringComparison.Ordinal) || refusal.Message.Contains("more than the rest of the file can hold", StringComparison.Ordinal), $"{length}: {refusal.Message}");
        }
    }

    [TestMethod]
    public void The_stream_is_closed_when_the_file_is_refused()
    {
        var stream = new MemoryStream(new byte[3]);
        Assert.ThrowsExactly<ModelFormatException>(() => new GgufFile(stream, "m"));
        Assert.IsFalse(stream.CanRead);
    }

    [TestMethod]
    public void A_file_that_shrinks_after_its_header_was_read_is_reported()
    {
        var stream = new MemoryStream();
        stream.Write(GgufBytes.Llama().ToArray());
        using var gguf = new GgufFile(stream, "m");
        stream.SetLength(stream.Length - 1);
        var error = Assert.ThrowsExactly<ModelFormatException>(() => gguf.Read(gguf.Tensors["blk.0.ffn_down.weight"], TorchSharp.torch.ScalarType.Float32, TorchSharp.torch.CPU));
        Assert.AreEqual("m: became shorter while tensor 'blk.0.ffn_down.weight' was read. Load it again when nothing writes to it.", error.Message);
    }

    private static Action<GgufBytes> Pair(byte type, byte[] value) => file => file.MorePairs = [.. GgufBytes.Text("x"), type, 0, 0, 0, .. value];

    private static byte[] Changed(Action<GgufBytes> change)
    {
        var file = GgufBytes.Llama();
        change(file);
        return file.ToArray();
    }

    private static GgufFile Read(byte[] file) => new(new MemoryStream(file), "m");

    private static ModelFormatException Refusal(byte[] file)
    {
        var refusal = Assert.ThrowsExactly<ModelFormatException>(() => Read(file).Dispose());
        Assert.AreEqual("m", refusal.File);
        return refusal;
    }

    private static void Refused(Action<GgufBytes> change, string message) => Refused(Changed(change), message);

    private static void Refused(byte[] file, string message) => Assert.AreEqual(message, Refusal(file).Message);
}
