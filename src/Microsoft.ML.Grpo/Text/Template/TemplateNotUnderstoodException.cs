namespace Microsoft.ML.Grpo;

/// <summary>A chat template does something whose result is not known here. Never leaves the recogniser: it becomes a refusal with this reason.</summary>
internal sealed class TemplateNotUnderstoodException(string reason) : Exception(reason);
