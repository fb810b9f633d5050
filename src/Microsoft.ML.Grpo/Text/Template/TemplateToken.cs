namespace Microsoft.ML.Grpo;

/// <summary>What kind of token a chat template's source has at some place.</summary>
internal enum TemplateTokenKind
{
    /// <summary>Text between tags, white-space control applied.</summary>
    Text,

    /// <summary><c>{{</c> or <c>{%</c>.</summary>
    Open,

    /// <summary><c>}}</c> or <c>%}</c>.</summary>
    Close,

    /// <summary>A name or a keyword.</summary>
    Name,

    /// <summary>A string literal, escapes resolved.</summary>
    String,

    /// <summary>An integer.</summary>
    Integer,

    /// <summary>An operator or a bracket.</summary>
    Symbol,
}

internal readonly record struct TemplateToken(TemplateTokenKind Kind, string Text);
