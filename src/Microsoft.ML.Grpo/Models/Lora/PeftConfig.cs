using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo;

/// <summary>What <c>adapter_config.json</c> says. What it asks for that would change the computation and is not supported is refused by name.</summary>
/// <param name="Settings">The adapter's numbers.</param>
/// <param name="Targets">Names of layers, when they are listed.</param>
/// <param name="Pattern">Otherwise <see cref="LoraTargets.AllLinear"/>, or a regular expression for whole names.</param>
/// <param name="BaseModel">What the adapter was trained on, as its writer named it.</param>
internal sealed record PeftConfig(LoraSettings Settings, IReadOnlyList<string>? Targets, string? Pattern, string? BaseModel)
{
    private const string Merge = "In Python, merge the adapter into its model (merge_and_unload), save that with save_pretrained, and use it as the model.";

    // They say where an adapter comes from, how it was first drawn, or belong to what is off.
    private static readonly string[] Harmless =
        ["auto_mapping", "eva_config", "inference_mode", "megatron_core", "peft_version", "qalora_group_size", "revision"];

    /// <summary>Reads the file.</summary>
    /// <exception cref="ModelFormatException">It is damaged, or asks for what is not supported.</exception>
    public static PeftConfig Read(string file, byte[] utf8)
    {
        var json = ConfigJson.Parse(file, utf8);
        Expect(json, "peft_type", "LORA", absent: null);
        Expect(json, "task_type", "CAUSAL_LM", absent: "CAUSAL_LM");
        Expect(json, "bias", "none", absent: "none");
        CheckInitialization(json);
        var settings = new LoraSettings(
            json.OptionalCount("r") ?? throw json.Error("r", "is missing. Use a complete file."),
            json.Value("lora_alpha") is null ? throw json.Error("lora_alpha", "is missing. Use a complete file.") : json.PositiveNumber("lora_alpha", absent: 1),
            json.Flag("use_rslora", absent: false),
            Share(json, "lora_dropout"));
        var (targets, pattern) = ReadTargets(json);
        var baseModel = json.Text("base_model_name_or_path");
        foreach (var key in json.Unread.Where(key => !Harmless.Contains(key)))
        {
            if (json.Value(key) is { } value && !IsOff(value))
            {
                throw json.Error(key, $"is {ConfigJson.Show(value)}, which is not supported, and leaving it out would change the results. {Merge}");
            }
        }

        return new(settings, targets, pattern, baseModel);
    }

    /// <summary>The file for an adapter, as PEFT reads it.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="network">The network that it is on.</param>
    /// <param name="baseModel">What the file names as the model.</param>
    public static byte[] Write(LoraAdapter adapter, CausalLM network, string? baseModel) => StoredDtype.ToBytes(new JsonObject
    {
        ["alpha_pattern"] = new JsonObject(),
        ["auto_mapping"] = null,
        ["base_model_name_or_path"] = baseModel,
        ["bias"] = "none",
        ["fan_in_fan_out"] = false,
        ["inference_mode"] = true,
        ["init_lora_weights"] = true,
        ["layers_pattern"] = null,
        ["layers_to_transform"] = null,
        ["lora_alpha"] = Number(adapter.Settings.Alpha),
        ["lora_dropout"] = adapter.Settings.Dropout,
        ["modules_to_save"] = null,
        ["peft_type"] = "LORA",
        ["r"] = adapter.Settings.Rank,
        ["rank_pattern"] = new JsonObject(),
        ["revision"] = null,
        ["target_modules"] = new JsonArray([.. LoraTargets.Shortest(adapter.Factors.Keys, network).Select(name => (JsonNode)name)]),
        ["task_type"] = "CAUSAL_LM",
        ["use_dora"] = false,
        ["use_rslora"] = adapter.Settings.RankStabilized,
    });

    /// <summary>The layers of a network that the file means; at least one.</summary>
    /// <exception cref="ModelFormatException">It means none, or its pattern cannot be used.</exception>
    public IReadOnlyList<string> Layers(string file, CausalLM network)
    {
        try
        {
            var layers = Targets is not null ? LoraTargets.Named(network, Targets)
                : Pattern == LoraTargets.AllLinear ? LoraTargets.All(network)
                : LoraTargets.Matching(network, Pattern!);
            return layers.Count > 0 ? layers : throw new ModelFormatException(
                file, $"'target_modules' is {(Targets is null ? $"\"{Pattern}\"" : $"[{string.Join(", ", Targets)}]")}, which means no linear layer of the model: those are {LoraTargets.Describe(network)}. Use the model that the adapter was trained on.");
        }
        catch (Exception cause) when (cause is RegexMatchTimeoutException or RegexParseException)
        {
            throw new ModelFormatException(file, $"'target_modules' is \"{Pattern}\", a pattern that cannot be used here ({cause.Message}) List the layers' names instead.", cause);
        }
    }

    private static (IReadOnlyList<string>? Targets, string? Pattern) ReadTargets(ConfigJson json) => json.Value("target_modules") switch
    {
        null => throw json.Error("target_modules", "is missing. List the names of the layers that the adapter is on."),
        { ValueKind: JsonValueKind.String } => (null, json.Text("target_modules")),
        _ => (json.Texts("target_modules"), null),
    };

    private static void Expect(ConfigJson json, string key, string wanted, string? absent)
    {
        var value = json.Text(key) ?? absent ?? throw json.Error(key, "is missing. Use the adapter_config.json of a LoRA adapter.");
        if (value != wanted)
        {
            throw json.Error(key, $"is \"{value}\", but only \"{wanted}\" is supported. {Merge}");
        }
    }

    // These draw A and B, which the file holds, and nothing else: "eva" from data. Other ways change the model's own weights.
    private static void CheckInitialization(ConfigJson json)
    {
        const string Key = "init_lora_weights";
        if (json.Value(Key) is { } value && value.ValueKind is not (JsonValueKind.True or JsonValueKind.False) && json.Text(Key) is not ("gaussian" or "orthogonal" or "eva"))
        {
            throw json.Error(Key, $"is {ConfigJson.Show(value)}, which may change the model's own weights; only true, false, \"gaussian\", \"orthogonal\" and \"eva\" do not. {Merge}");
        }
    }

    private static double Share(ConfigJson json, string key) => json.Value(key) switch
    {
        null => 0,
        { ValueKind: JsonValueKind.Number } value when value.TryGetDouble(out var share) && share is >= 0 and < 1 => share,
        { } other => throw json.Error(key, $"is {ConfigJson.Show(other)}, not a number from 0 to below 1. Correct it, or download the file again."),
    };

    private static bool IsOff(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.False => true,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        JsonValueKind.Array => value.GetArrayLength() == 0,
        _ => false,
    };

    // PEFT's own files have a whole number here, and its type says so.
    private static JsonNode Number(double value) => value == Math.Floor(value) && value < long.MaxValue ? (long)value : value;
}
