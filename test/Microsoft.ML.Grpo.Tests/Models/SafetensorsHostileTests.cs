using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Damaged and hostile files: each refused with file, place and remedy, before anything is allocated.</summary>
[TestClass]
public class SafetensorsHostileTests
{
    private const string Again = "Download the file again.";

    [TestMethod]
    public void A_file_of_seven_bytes() =>
        Refused(new byte[7], $"m: has 7 bytes, too few for a safetensors header. {Again}");

    [TestMethod]
    public void An_empty_file() =>
        Refused([], $"m: has 0 bytes, too few for a safetensors header. {Again}");

    [TestMethod]
    [DataRow(1UL << 63)]
    [DataRow(ulong.MaxValue)]
    [DataRow(3UL)]
    public void A_header_longer_than_the_file(ulong length)
    {
        var file = new byte[10];
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        Refused(file, $"m: the header should have {length} bytes, but the file has only 2 after its first 8: it is cut short or not a safetensors file. {Again}");
    }

    [TestMethod]
    [DataRow("{")]
    [DataRow("{} {}")]
    [DataRow("")]
    [DataRow("\0\0\0\0")]
    [DataRow("""{"a\ud800":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}""")]
    public void A_header_that_is_no_JSON(string header) =>
        StringAssert.StartsWith(Refusal(File(header, 1)).Message, "m: the header is not valid JSON (");

    [TestMethod]
    public void A_header_nested_without_end() =>
        StringAssert.StartsWith(Refusal(File(new string('[', 100_000), 0)).Message, "m: the header is not valid JSON (");

    [TestMethod]
    public void A_header_that_is_a_list() => Refused("[]", 0, $"m: the header is not a JSON object. {Again}");

    [TestMethod]
    public void A_name_that_appears_twice() => Refused(
        """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2,
        $"m: 'a' appears twice in the header. {Again}");

    [TestMethod]
    public void A_field_that_appears_twice() => Refused(
        """{"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}""", 1,
        $"m: tensor 'a' has 'shape' twice. {Again}");

    [TestMethod]
    public void A_file_cut_short_inside_a_tensor() => Refused(
        """{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", 15,
        $"m: tensor 'a' ends at byte 16, but the file holds 15 bytes of tensors: it is cut short. {Again}");

    [TestMethod]
    public void Bytes_that_no_tensor_owns_at_the_end() => Refused(
        """{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", 17,
        $"m: holds 17 bytes of tensors, but the header describes 16. {Again}");

    [TestMethod]
    public void Tensors_that_overlap() => Refused(
        """{"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", 6,
        $"m: tensor 'b' begins at byte 2 and overlaps tensor 'a', which ends at byte 4. {Again}");

    [TestMethod]
    public void A_hole_between_tensors() => Refused(
        """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}}""", 6,
        $"m: tensor 'b' begins at byte 4 and leaves a hole after tensor 'a', which ends at byte 2. {Again}");

    [TestMethod]
    public void A_hole_before_the_first_tensor() => Refused(
        """{"a":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""", 3,
        $"m: tensor 'a' begins at byte 1 and leaves a hole after the header, which ends at byte 0. {Again}");

    [TestMethod]
    [DataRow(3, 1)]
    [DataRow(-1, 1)]
    public void A_range_that_runs_backwards(int begin, int end) => Refused(
        $$$"""{"a":{"dtype":"U8","shape":[2],"data_offsets":[{{{begin}}},{{{end}}}]}}""", 4,
        $"m: tensor 'a' lies at bytes {begin} to {end}, which is no range. {Again}");

    [TestMethod]
    public void A_size_that_does_not_match_the_shape() => Refused(
        """{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,8]}}""", 8,
        $"m: tensor 'a' takes 8 bytes, but its shape [2, 3] of F32 needs 24. {Again}");

    [TestMethod]
    public void A_negative_size() => Refused(
        """{"a":{"dtype":"F32","shape":[-1,-2],"data_offsets":[0,8]}}""", 8,
        $"m: tensor 'a' has a negative size in its shape [-1, -2]. {Again}");

    [TestMethod]
    public void A_shape_whose_product_overflows() => Refused(
        """{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0,
        $"m: tensor 'a' has shape [4294967296, 4294967296], too large for any file. {Again}");

    [TestMethod]
    [DataRow("9223372036854775808")]
    [DataRow("1.5")]
    [DataRow("\"4\"")]
    [DataRow("null")]
    public void A_size_that_is_no_whole_number(string size) => Refused(
        $$$"""{"a":{"dtype":"U8","shape":[{{{size}}}],"data_offsets":[0,4]}}""", 4,
        $"m: tensor 'a' has {size} in 'shape', not a whole number below 2^63. {Again}");

    [TestMethod]
    public void An_element_type_that_is_not_supported() => Refused(
        """{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}""", 4,
        "m: tensor 'a' has dtype 'F8_E4M3', which is not supported; supported are F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL. Use a model stored in one of these.");

    [TestMethod]
    public void A_tensor_without_dtype() => Refused("""{"a":{"shape":[4],"data_offsets":[0,4]}}""", 4, $"m: tensor 'a' has no dtype. {Again}");

    [TestMethod]
    public void A_tensor_without_shape() => Refused("""{"a":{"dtype":"U8","data_offsets":[0,4]}}""", 4, $"m: tensor 'a' has no list 'shape'. {Again}");

    [TestMethod]
    public void A_tensor_without_offsets() => Refused("""{"a":{"dtype":"U8","shape":[4]}}""", 4, $"m: tensor 'a' has no list 'data_offsets'. {Again}");

    [TestMethod]
    public void Three_offsets() => Refused(
        """{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4,8]}}""", 4, $"m: tensor 'a' has 3 data_offsets instead of 2. {Again}");

    [TestMethod]
    public void A_tensor_that_is_a_number() => Refused("""{"a":1}""", 0, $"m: tensor 'a' is not described by a JSON object. {Again}");

    [TestMethod]
    public void Metadata_that_is_not_text() => Refused("""{"__metadata__":{"x":1}}""", 0, $"m: '__metadata__' has 'x' twice, or not as a string. {Again}");

    [TestMethod]
    public void The_stream_is_closed_when_the_file_is_refused()
    {
        var stream = new MemoryStream(new byte[3]);
        Assert.ThrowsExactly<ModelFormatException>(() => new SafetensorsReader(stream, "m"));
        Assert.IsFalse(stream.CanRead);
    }

    internal static byte[] File(string header, int dataBytes)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var file = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(file, json.Length);
        json.CopyTo(file, 8);
        return file;
    }

    private static ModelFormatException Refusal(byte[] file)
    {
        var refusal = Assert.ThrowsExactly<ModelFormatException>(() => new SafetensorsReader(new MemoryStream(file), "m"));
        Assert.AreEqual("m", refusal.File);
        return refusal;
    }

    private static void Refused(string header, int dataBytes, string message) => Refused(File(header, dataBytes), message);

    private static void Refused(byte[] file, string message) => Assert.AreEqual(message, Refusal(file).Message);
}
