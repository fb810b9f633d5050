namespace Microsoft.ML.Grpo;

/// <summary>One message of a conversation.</summary>
/// <param name="Role">Who speaks: <c>system</c>, <c>user</c> or <c>assistant</c>.</param>
/// <param name="Content">What is said; may be empty.</param>
internal sealed record ChatMessage(string Role, string Content);
