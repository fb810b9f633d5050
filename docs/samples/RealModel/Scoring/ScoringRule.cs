using System.Text.Json;

namespace RealModel;

/// <summary>Says how good an answer is: from 0 to 1, where exactly 1 is full marks.</summary>
/// <param name="response">The answer that was found in the completion; null: none was, which always scores 0.</param>
/// <param name="answer">The right answer.</param>
/// <param name="metadata">What else the problem says, as a JSON object; rules that read it throw a <see cref="InvalidDataException"/> where it lacks something.</param>
internal delegate double ScoringRule(string? response, string answer, JsonElement metadata);
