using System.Text.Json;

namespace Microsoft.ML.Grpo;

/// <summary>Reads one tensor's description, and checks it against the size of the file.</summary>
internal static class SafetensorsEntryJson
{
    private const string Remedy = "Download the file again.";

    public static SafetensorsEntry Read(string file, string name, JsonElement json, long dataBytes)
    {
        var fields = Fields(file, name, json);
        var dtype = fields.TryGetValue("dtype", out var given) && given.ValueKind == JsonValueKind.String
            ? given.GetString()!
            : throw Error(file, name, $"has no dtype. {Remedy}");
        if (!SafetensorsDtype.TryParse(dtype, out var type))
        {
            throw Error(file, name, $"has dtype '{dtype}', which is not supported; supported are {SafetensorsDtype.Supported}. Use a model stored in one of these.");
        }

        var shape = Whole(file, name, fields, "shape");
        if (shape.Any(size => size < 0))
        {
            throw Error(file, name, $"has a negative size in its shape [{string.Join(", ", shape)}]. {Remedy}");
        }

        var offsets = Whole(file, name, fields, "data_offsets");
        if (offsets.Length != 2)
        {
            throw Error(file, name, $"has {offsets.Length} data_offsets instead of 2. {Remedy}");
        }

        var (begin, end) = (offsets[0], offsets[1]);
        if (begin < 0 || end < begin)
        {
            throw Error(file, name, $"lies at bytes {begin} to {end}, which is no range. {Remedy}");
        }

        if (end > dataBytes)
        {
            throw Error(file, name, $"ends at byte {end}, but the file holds {dataBytes} bytes of tensors: it is cut short. {Remedy}");
        }

        CheckSize(file, name, type, dtype, shape, end - begin);
        return new(name, type, shape, begin, end);
    }

    public static void ReadMetadata(string file, JsonElement json, Dictionary<string, string> metadata)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new ModelFormatException(file, $"'__metadata__' is not a JSON object. {Remedy}");
        }

        foreach (var property in json.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.String || !metadata.TryAdd(property.Name, property.Value.GetString()!))
            {
                throw new ModelFormatException(file, $"'__metadata__' has '{property.Name}' twice, or not as a string. {Remedy}");
            }
        }
    }

    private static Dictionary<string, JsonElement> Fields(string file, string name, JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw Error(file, name, $"is not described by a JSON object. {Remedy}");
        }

        var fields = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var property in json.EnumerateObject())
        {
            if (!fields.TryAdd(property.Name, property.Value))
            {
                throw Error(file, name, $"has '{property.Name}' twice. {Remedy}");
            }
        }

        return fields;
    }

    private static long[] Whole(string file, string name, Dictionary<string, JsonElement> fields, string key)
    {
        if (!fields.TryGetValue(key, out var list) || list.ValueKind != JsonValueKind.Array)
        {
            throw Error(file, name, $"has no list '{key}'. {Remedy}");
        }

        var numbers = new long[list.GetArrayLength()];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (list[i].ValueKind != JsonValueKind.Number || !list[i].TryGetInt64(out numbers[i]))
            {
                throw Error(file, name, $"has {ConfigJson.Show(list[i])} in '{key}', not a whole number below 2^63. {Remedy}");
            }
        }

        return numbers;
    }

    private static void CheckSize(string file, string name, TorchSharp.torch.ScalarType type, string dtype, long[] shape, long bytes)
    {
        // 128 bits, and stopped as soon as it cannot fit any file, so that no product of sizes overflows unseen.
        var needed = (Int128)SafetensorsDtype.Size(type);
        foreach (var size in shape.Contains(0) ? [0] : shape)
        {
            needed *= size;
            if (needed > long.MaxValue)
            {
                throw Error(file, name, $"has shape [{string.Join(", ", shape)}], too large for any file. {Remedy}");
            }
        }

        if (needed != bytes)
        {
            throw Error(file, name, $"takes {bytes} bytes, but its shape [{string.Join(", ", shape)}] of {dtype} needs {needed}. {Remedy}");
        }
    }

    private static ModelFormatException Error(string file, string name, string problem) => new(file, $"tensor '{name}' {problem}");
}
