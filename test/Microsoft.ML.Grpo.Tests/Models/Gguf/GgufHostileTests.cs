using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Damaged and hostile GGUF files: each refused with file, place and remedy, before anything large is allocated.</summary>
[TestClass]
public partial class GgufHostileTests
{
    private const uint Text = 8, List = 9, UInt32 = 4, UInt64 = 10, Bool = 7;

    private static readonly Lazy<byte[]> Model = new(WriteModel);

    [TestMethod]
    public void What_is_no_GGUF_file()
    {
        Refused([], "the file ends within the magic number: it is cut short. Download the file again.");
        Refused("GGML\x3\0\0\0"u8.ToArray(), "is not a GGUF file: it does not begin with 'GGUF'.");
        Refused("GGUF\x1\0\0\0"u8.ToArray(), "is GGUF of version 1; supported are 2 and 3. Convert the model again with a current llama.cpp.");
        Refused("GGUF\0\0\0\x3"u8.ToArray(), "is a big-endian GGUF file, which is not supported.");
    }

    [TestMethod]
    [DataRow(ulong.MaxValue)]
    [DataRow(1UL << 63)]
    [DataRow(1000UL)]
    public void More_than_the_file_can_hold(ulong count)
    {
        Refused(Header(count, 0), $"the number of tensors is {count}, more than the rest of the file can hold.");
        Refused(Header(0, count), $"the number of metadata pairs is {count}, more than the rest of the file can hold.");
        Refused(Header(0, 1, b => b.UInt64(count)), $"the length of a metadata key is {count}, more than the rest of the file can hold.");
        Refused(Pair("k", Text, b => b.UInt64(count)), $"the length of the metadata 'k' is {count}, more than the rest of the file can hold.");
        foreach (var item in new uint[] { 0, UInt32, Text, UInt64, List })
        {
            Refused(Pair("k", List, b =>
            {
                b.UInt32(item);
                b.UInt64(count);
            }), $"the length of the list 'k' is {count}, more than the rest of the file can hold.");
        }
    }

    [TestMethod]
    public void Metadata_that_is_no_metadata()
    {
        Refused(Pair("k", 77, _ => { }), "the metadata 'k' has the type 77, which GGUF does not know.");
        Refused(Pair("k", List, b =>
        {
            b.UInt32(77);
            b.UInt64(0);
        }), "the list 'k' holds the type 77, which GGUF does not know.");
        Refused([.. Header(0, (1 << 16) + 1), .. new byte[1 << 20]], "the number of metadata pairs is 65537, more than the 65536 that are read. Use another model.");
        Refused(Pair(new string('k', 65536), Bool, b => b.Bytes([1])), "a metadata key has 65536 bytes, more than 65535.");
        Refused(Pair("k", Bool, b => b.Bytes([2])), "the metadata 'k' is 2, which is neither true nor false.");
        Refused(Pair("k", UInt64, b => b.UInt64(ulong.MaxValue)), $"the metadata 'k' is {ulong.MaxValue}, too large for any file.");
        Refused(Pair("k", Text, b =>
        {
            b.UInt64(1);
            b.Bytes([0xFF]);
        }), "the metadata 'k' is not valid UTF-8.");
        Refused(Pair("k", List, b =>
        {
            for (var depth = 0; depth < 10; depth++)
            {
                b.UInt32(List);
                b.UInt64(1);
            }
        }), "the metadata 'k' has lists within lists within lists.");
        Refused(Header(0, 2, b =>
        {
            for (var i = 0; i < 2; i++)
            {
                b.Text("k");
                b.UInt32(Bool);
                b.Bytes([1]);
            }
        }), "the metadata key 'k' appears twice.");
        Refused(Pair("general.alignment", UInt32, b => b.UInt32(0)), "metadata 'general.alignment' is 0, not a multiple of 8 up to 1048576.");
        Refused(Pair("general.alignment", UInt32, b => b.UInt32(12)), "metadata 'general.alignment' is 12, not a multiple of 8");
        Refused(Pair("general.alignment", Text, b => b.Text("32")), "metadata 'general.alignment' is '32', not a whole number.");
    }

    [TestMethod]
    public void Tensors_that_cannot_be()
    {
        Refused(Tensors(("t", [8], 0, 0), ("t", [8], 0, 32)), "tensor 't' appears twice.");
        Refused(Tensors(("t", [8], 0, 0), ("u", [16], 0, 0)), "tensor 'u' begins at byte 0 and overlaps tensor 't', which ends at byte 32.");
        Refused(Tensors((new string('t', 65), [8], 0, 0)), "a tensor's name has 65 bytes, more than 64.");
        Refused(Tensors(("t", [8], 0, 8)), "tensor 't' begins at byte 8, which is no multiple of the alignment of 32.");
        Refused(Tensors(("t", [8], 0, 1 << 20)), "tensor 't' takes 32 bytes from byte 1048576, but the file holds 64 bytes of tensors: it is cut short.");
        Refused(Tensors(("t", [1024], 0, 0)), "tensor 't' takes 4096 bytes from byte 0, but the file holds 64 bytes of tensors: it is cut short.");
        Refused(Tensors(("t", [8], 0, ulong.MaxValue - 31)), "the place of tensor 't' is 18446744073709551584, too large for any file.");
        Refused(Tensors(("t", [1UL << 62, 1UL << 62], 0, 0)), "tensor 't' has shape [4611686018427387904, 4611686018427387904], too large for any file.");
        Refused(Tensors(("t", [ulong.MaxValue], 0, 0)), $"the shape of tensor 't' is {ulong.MaxValue}, too large for any file.");
        Refused(Tensors(("t", [1, 1, 1, 1, 1], 0, 0)), "tensor 't' has 5 dimensions, more than 4.");
        Refused(Tensors(("t", [8], 99, 0)), $"tensor 't' has the GGML type 99, which is not supported; supported are {GgufType.Supported}. Use a file of another quantisation.");
        Refused(Tensors(("t", [33], 2, 0)), "tensor 't' has rows of 33 numbers, but Q4_0 stores blocks of 32.");
    }

    [TestMethod]
    [DataRow("general.architecture", "mamba", "holds a model of the architecture 'mamba'; GGUF files are read for ")]
    [DataRow("general.architecture", 3, "'general.architecture' is 3, not a text")]
    [DataRow("general.architecture", null, "has no metadata 'general.architecture'. Use a complete model file; an adapter or a vocabulary alone is none.")]
    [DataRow("general.type", "adapter", "'general.type' is 'adapter', not 'model'")]
    [DataRow("llama.embedding_length", 0, "'llama.embedding_length' is 0, not a whole number from 1 to 2147483647")]
    [DataRow("llama.embedding_length", "32", "'llama.embedding_length' is '32', not a whole number")]
    [DataRow("llama.block_count", null, "has no metadata 'llama.block_count'.")]
    [DataRow("llama.block_count", int.MaxValue, "fewer than the 2147483647 layers")]
    [DataRow("llama.block_count", 3, "tensor 'model.layers.2.input_layernorm.weight' [32] is missing.")]
    [DataRow("llama.attention.head_count", 5, "'num_key_value_heads' is 2, which does not divide num_attention_heads 5.")]
    [DataRow("llama.rope.dimension_count", 4, "'llama.rope.dimension_count' is 4, not 8: rotary positions on a part of each head, which is not supported")]
    [DataRow("llama.attention.layer_norm_rms_epsilon", 0f, "'llama.attention.layer_norm_rms_epsilon' is 0, not a number above 0")]
    [DataRow("llama.rope.freq_base", "a", "'llama.rope.freq_base' is 'a', not a number above 0")]
    [DataRow("llama.rope.scaling.type", "yarn", "asks for rope scaling of type 'yarn' (llama.rope.scaling.type). Rope scaling is not supported: use a model without it.")]
    [DataRow("llama.rope.scaling.factor", 2f, "asks for rope scaling by 2 (llama.rope.scaling.factor).")]
    [DataRow("llama.expert_count", 8, "'llama.expert_count' is 8, not 0: a mixture of experts, which is not supported")]
    [DataRow("split.count", 2, "'split.count' is 2: the model lies in several files. Put them together with llama.cpp's llama-gguf-split --merge")]
    [DataRow("tokenizer.ggml.model", "bert", "'tokenizer.ggml.model' is 'bert'; supported are ")]
    [DataRow("tokenizer.ggml.pre", "falcon", "'tokenizer.ggml.pre' is 'falcon'; supported are ")]
    [DataRow("tokenizer.ggml.tokens", 1, "'tokenizer.ggml.tokens' is 1, not a list of texts")]
    [DataRow("tokenizer.ggml.merges", null, "has no metadata 'tokenizer.ggml.merges'.")]
    [DataRow("tokenizer.ggml.eos_token_id", 99999, "'tokenizer.ggml.eos_token_id' is 99999, but there are ")]
    [DataRow("tokenizer.ggml.eot_token_id", 99999, "'tokenizer.ggml.eot_token_id' is 99999, but there are ")]
    [DataRow("tokenizer.ggml.eom_token_id", 1004, "'tokenizer.ggml.eom_token_id' is 1004, but there are 1004 tokens")]
    [DataRow("tokenizer.ggml.bos_token_id", 99999, "'tokenizer.ggml.bos_token_id' is 99999, but there are ")]
    [DataRow("tokenizer.ggml.padding_token_id", "x", "'tokenizer.ggml.padding_token_id' is 'x', not a whole number")]
    [DataRow("tokenizer.ggml.unknown_token_id", 99999, "'tokenizer.ggml.unknown_token_id' is 99999, but there are ")]
    [DataRow("tokenizer.ggml.tokens", new[] { 1, 2 }, "'tokenizer.ggml.tokens' is a list of 2, not a list of texts")]
    [DataRow("tokenizer.ggml.tokens", new[] { "a", "a" }, "'tokenizer.ggml.eos_token_id' is 1001, but there are 2 tokens")]
    [DataRow("tokenizer.ggml.token_type", new[] { 1, 2 }, "'tokenizer.ggml.token_type' has 2 entries for 1004 tokens")]
    [DataRow("tokenizer.ggml.token_type", new[] { 1f }, "'tokenizer.ggml.token_type' is a list of 1, not a list of whole numbers")]
    [DataRow("tokenizer.ggml.merges", new[] { 1 }, "'tokenizer.ggml.merges' is a list of 1, not a list of texts")]
    [DataRow("tokenizer.chat_template", 1, "'tokenizer.chat_template' is 1, not a text")]
    [DataRow("tokenizer.ggml.add_eos_token", 1, "'tokenizer.ggml.add_eos_token' is 1, not true or false")]
    [DataRow("tokenizer.ggml.add_space_prefix", "no", "'tokenizer.ggml.add_space_prefix' is 'no', not true or false")]
    [DataRow("llama.attention.head_count_kv", new[] { 2, 2 }, "'llama.attention.head_count_kv' is a list of 2, not a whole number")]
    [DataRow("llama.attention.key_length", 7, "'llama.attention.value_length' is 8, not 7")]
    [DataRow("llama.attention.value_length", 16, "'llama.attention.value_length' is 16, not 8: values of another size than keys, which is not supported")]
    [DataRow("llama.rope.scaling.attn_factor", 2f, "asks for rope scaling by 2 (llama.rope.scaling.attn_factor).")]
    [DataRow("llama.attention.sliding_window", 4096, "'llama.attention.sliding_window' is 4096, not 0: attention within a window, which is not supported")]
    [DataRow("tokenizer.ggml.add_bos_token", "yes", "'tokenizer.ggml.add_bos_token' is 'yes', not true or false")]
    public void Metadata_of_the_wrong_kind_or_of_what_is_not_supported(string key, object? value, string problem) => Refused(With(key, value), problem);

    [TestMethod]
    public void The_model_that_these_are_changed_from_loads() => Load(Model.Value);

    [TestMethod]
    public void Wherever_a_file_is_cut_it_is_refused_by_name()
    {
        var model = Model.Value;
        foreach (var length in Enumerable.Range(0, 400).Select(i => i < 200 ? i : (int)(model.Length * (i - 200L) / 200)))
        {
            var error = Assert.ThrowsExactly<ModelFormatException>(() => Load(model[..length]), $"{length} bytes");
            StringAssert.StartsWith(error.Message, "m.gguf: ", $"{length} bytes");
        }
    }

    [TestMethod]
    public void Whatever_bytes_are_changed_and_wherever_it_is_cut_it_loads_or_is_refused_by_name()
    {
        var model = Model.Value;
        var place = Gen.OneOf(Gen.Int[0, 1199], Gen.Int[0, model.Length - (int)DataBytes(model) - 1]); // half of them where most structure is
        var length = Gen.OneOf(Gen.Const(model.Length), Gen.Int[0, model.Length]);
        var (loaded, refused) = (0, 0);
        Gen.Select(Gen.Select(place, Gen.Byte).Array[1, 3], length).Sample(
            (changes, length) =>
            {
                var bytes = model.ToArray();
                foreach (var (at, value) in changes)
                {
                    bytes[at] = value;
                }

                var before = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    Load(bytes[..length]);
                    loaded++;
                }
                catch (Exception error) when (error is IOException or InvalidDataException or NotSupportedException)
                {
                    StringAssert.Contains(error.Message, "m.gguf");
                    refused++;
                }

                Assert.IsLessThan(100 << 20, GC.GetAllocatedBytesForCurrentThread() - before);
            },
            iter: 1000,
            threads: 1);
        Assert.IsGreaterThan(0, refused);
        Assert.IsGreaterThan(0, loaded, "names and the like may be any");
    }

    [TestMethod]
    public void A_header_of_gigabytes_is_not_read()
    {
        using var folder = new TemporaryFolder();
        using (var file = File.Create(folder["m.gguf"]))
        {
            file.Write(Pair("k", Text, b => b.UInt64(3UL << 30)).AsSpan(..^64));
            file.SetLength(4L << 30); // of which the disk holds nothing
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.ThrowsExactly<ModelFormatException>(() => GgufFile.Open(folder["m.gguf"]));
        StringAssert.EndsWith(error.Message, "m.gguf: the metadata 'k' has 3221225472 bytes, more than 134217728. Download the file again.");
        Assert.IsLessThan(1 << 20, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [TestMethod]
    public void Reading_a_tensor_makes_no_second_copy_of_it()
    {
        const int Rows = 1 << 18, BlockBytes = 34; // of Q8_0: 9 MB in the file, 34 in memory
        using var gguf = new GgufFile(new MemoryStream([.. Tensors(("t", [Rows, 32], 8, 0))[..^64].ToArray(), .. new byte[Rows * BlockBytes]]), "m.gguf");
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var tensor = gguf.Read(gguf.Tensors["t"], ScalarType.Float32, CPU);
        Assert.IsLessThan(1 << 16, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.AreEqual(Rows * 32L, tensor.numel());
    }

    [TestMethod]
    [DataRow("rope_factors_long.weight")]
    [DataRow("blk.0.ffn_gate_exps")]
    [DataRow("model.norm.weight", DisplayName = "one that has the name of Hugging Face's")]
    public void A_tensor_that_llama_cpp_has_no_such_name_for(string name)
    {
        using var gguf = new GgufFile(new MemoryStream(Tensors((name, [8], 0, 0))), "m.gguf");
        var error = Assert.ThrowsExactly<ModelFormatException>(() => new GgufWeights(gguf, GgufExportTests.Config));
        Assert.AreEqual($"m.gguf: holds the tensor '{name}', which is no part of a llama as llama.cpp names them, and leaving it out could change the results. Use another model.", error.Message);
    }

    private static void Refused(byte[] file, string problem)
    {
        var error = Assert.ThrowsExactly<ModelFormatException>(() => Load(file));
        StringAssert.StartsWith(error.Message, "m.gguf");
        StringAssert.Contains(error.Message, problem);
    }

    /// <summary>All that loading a file does, tokenizer included.</summary>
    private static void Load(byte[] bytes)
    {
        using var gguf = new GgufFile(new MemoryStream(bytes), "m.gguf");
        var files = GgufModel.Files(gguf);
        var config = ModelFamilies.Read(ConfigJson.Parse(files.PathOf(ModelFiles.Config), files.Get(ModelFiles.Config)));
        using var weights = new GgufWeights(gguf, config);
        using var network = new CausalLM(config, WeightLoader.Load(weights, config, ScalarType.Float32, CPU));
        PolicyTokenizer.Read(files.Get("tokenizer.json"), TokenizerConfig.Read(files.Get("tokenizer_config.json"), "m.gguf"), files.PathOf("tokenizer.json"));
    }
}
