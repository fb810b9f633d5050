using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Grpo;

/// <summary>A GGUF file as a model directory: its metadata becomes the small files, so that all that follows knows one kind of model.</summary>
internal static class GgufModel
{
    public const string Extension = ".gguf";

    /// <summary>The file that a path names: itself, by its name or by what it holds, or the only one in a directory without <c>config.json</c>; null if it names none.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">The directory holds several, or a link that leads out of it.</exception>
    public static string? Find(string path)
    {
        if (!Directory.Exists(path))
        {
            var named = path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);
            return named && !File.Exists(path) ? throw new FileNotFoundException($"GGUF file '{path}' does not exist. Give the path of a {Extension} file, or of a Hugging Face model directory.", path)
                : named || FileStart.Is(path, FileStart.Gguf) ? path
                : null;
        }

        if (File.Exists(Path.Combine(path, ModelFiles.Config)))
        {
            return null;
        }

        var files = Directory.GetFiles(path, "*" + Extension);
        return files.Length < 2
            ? files.Select(file => ModelFolder.Find(path, Path.GetFileName(file))).SingleOrDefault()
            : throw new ModelFormatException(path, $"holds {files.Length} GGUF files ({string.Join(", ", files.Select(Path.GetFileName).Order(StringComparer.Ordinal).Take(3))}, ...). Give the path of one of them; a model in several parts is put together with llama.cpp's llama-gguf-split --merge.");
    }

    /// <summary>The small files that the metadata stands for.</summary>
    /// <exception cref="ModelFormatException">It lacks something, or asks for what is not supported.</exception>
    public static ModelFiles Files(GgufFile gguf)
    {
        // 0 in a file that was put together from several.
        if (gguf.Metadata.Whole("split.count") is > 1 and var parts)
        {
            throw gguf.Metadata.Error("split.count", $"is {parts}: the model lies in several files. Put them together with llama.cpp's llama-gguf-split --merge");
        }

        return new(
            new Dictionary<string, byte[]>(StringComparer.Ordinal)
            {
                [ModelFiles.Config] = Bytes(GgufConfig.Config(gguf)),
                [GenerationConfig.FileName] = Bytes(GgufConfig.Generation(gguf.Metadata)),
                ["tokenizer.json"] = Bytes(GgufTokenizer.Tokenizer(gguf.Metadata)),
                ["tokenizer_config.json"] = Bytes(GgufTokenizer.Config(gguf.Metadata)),
            },
            gguf.File);
    }

    private static byte[] Bytes(JsonObject json) => StoredDtype.ToBytes(json);
}
