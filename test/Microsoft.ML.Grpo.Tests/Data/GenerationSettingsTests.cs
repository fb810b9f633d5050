using System.Text.Json.Nodes;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class GenerationSettingsTests
{
    private static readonly GenerationSettings Some = new()
    {
        Temperature = 0.5, TopK = 3, TopP = 0.9, MinP = 0.1, MaxCompletionTokens = 8, BatchSize = 4, Seed = long.MinValue,
        Precision = Precision.Float64, PromptFormat = PromptFormat.Raw, SystemPrompt = "Be brief.", StopTokenIds = [1, 2],
    };

    [TestMethod]
    public void What_was_saved_is_read_back() => Assert.AreEqual(Some.ToJson(), GenerationSettings.FromJson(Some.ToJson()).ToJson());

    [TestMethod]
    [DataRow("Temperature", "-1")]
    [DataRow("TopK", "0")]
    [DataRow("TopP", "0")]
    [DataRow("MinP", "2")]
    [DataRow("MaxCompletionTokens", "0")]
    [DataRow("MaxCompletionTokens", "4294967296")]
    [DataRow("BatchSize", "0")]
    [DataRow("Precision", "7")]
    [DataRow("ComputeType", "\"Fastest\"")]
    [DataRow("PromptFormat", "\"Other\"")]
    [DataRow("StopTokenIds", "null")]
    public void A_value_that_no_option_allows_is_refused_by_name(string name, string value)
    {
        var json = JsonNode.Parse(Some.ToJson())!;
        json[name] = JsonNode.Parse(value);
        var error = Assert.ThrowsExactly<InvalidDataException>(() => GenerationSettings.FromJson(json.ToJsonString()));
        StringAssert.StartsWith(error.Message, "The GRPO model is damaged: its generation settings cannot be read (");
        StringAssert.Contains(error.Message, name);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("null")]
    [DataRow("{}")]
    public void What_are_no_settings_is_refused(string json) => Assert.ThrowsExactly<InvalidDataException>(() => GenerationSettings.FromJson(json));
}
