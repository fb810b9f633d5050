using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Grpo;

/// <summary>The JSON object in the body of a saved <see cref="GrpoTransformer"/>.</summary>
/// <param name="Columns">The transformer's columns.</param>
/// <param name="Kind">The kind of the text generator.</param>
/// <param name="Settings">The text generator's own settings, JSON in a string: they are its affair.</param>
/// <param name="Entries">The names of the entries beside it.</param>
internal sealed record SavedTransformer(GrpoColumns Columns, string Kind, string Settings, IReadOnlyList<string> Entries)
{
    internal byte[] ToUtf8Json() => JsonSerializer.SerializeToUtf8Bytes(this, SavedTransformerJson.Default.SavedTransformer);

    /// <exception cref="InvalidDataException">It is not such an object.</exception>
    internal static SavedTransformer FromUtf8Json(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, SavedTransformerJson.Default.SavedTransformer)
                ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The GRPO model is damaged: its description cannot be read ({e.Message}). Save or copy it again.", e);
        }
    }
}

/// <summary>Source-generated, so that loading needs no reflection.</summary>
[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SavedTransformer))]
internal sealed partial class SavedTransformerJson : JsonSerializerContext;
