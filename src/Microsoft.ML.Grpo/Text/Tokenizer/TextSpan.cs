namespace Microsoft.ML.Grpo;

/// <summary>A stretch of a text: a match of a pattern, or what lies between matches. The end is exclusive.</summary>
internal readonly record struct TextSpan(int Start, int End, bool IsMatch);
