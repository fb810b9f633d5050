using System.Text.Json;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Rotary positions in both spellings: <c>rope_theta</c> and <c>rope_scaling</c> (transformers 4), <c>rope_parameters</c>
/// (transformers 5). Only the default type, over whole heads, is supported.
/// </summary>
internal static class RopeConfig
{
    /// <summary>The base of the inverse frequencies.</summary>
    /// <exception cref="ModelFormatException">A scaling is asked for, or the spellings contradict each other.</exception>
    public static double Theta(ConfigJson json, double absent)
    {
        double? theta = json.Has("rope_theta") ? json.PositiveNumber("rope_theta", absent) : null;
        foreach (var key in new[] { "rope_parameters", "rope_scaling" })
        {
            if (json.Object(key) is not { } rope)
            {
                continue;
            }

            RefuseScaling(json, key, rope);
            if (!rope.Has("rope_theta"))
            {
                continue;
            }

            var inner = rope.PositiveNumber("rope_theta", absent);
            if (theta is { } outer && outer != inner)
            {
                throw json.Error(key, $"says rope_theta {inner}, elsewhere the file says {outer}. Make them equal.");
            }

            theta = inner;
        }

        return theta ?? absent;
    }

    private static void RefuseScaling(ConfigJson json, string key, ConfigJson rope)
    {
        foreach (var spelling in new[] { "rope_type", "type" })
        {
            if (rope.Text(spelling) is { } type && type != "default")
            {
                throw json.Error(key, $"asks for rope scaling of type '{type}', which is not supported; only 'default' is. Use a model without rope scaling.");
            }
        }

        if (rope.PositiveNumber("partial_rotary_factor", 1) != 1)
        {
            throw json.Error(key, "asks for a partial_rotary_factor other than 1, which is not supported. Use a model that rotates whole heads.");
        }

        // The number of positions a model was trained at matters to the scaled types only.
        _ = rope.Value("original_max_position_embeddings");
        rope.Value("rope_theta");
        foreach (var other in rope.Unread)
        {
            throw rope.Value(other) is { ValueKind: JsonValueKind.Object }
                ? json.Error(key, $"has parameters for '{other}' layers of their own, which is not supported. Use a model with one set of rope parameters.")
                : json.Error(key, $"has '{other}', which rope of the default type does not know. Remove it if it has no effect; otherwise the model is not supported.");
        }
    }
}
