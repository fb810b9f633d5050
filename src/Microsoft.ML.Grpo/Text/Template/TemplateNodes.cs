namespace Microsoft.ML.Grpo;

/// <summary>A statement of a chat template. Text between tags is an <see cref="OutputNode"/> of a constant.</summary>
internal abstract record TemplateNode;

internal sealed record OutputNode(TemplateExpression Value) : TemplateNode;

/// <summary>Branches in order; the last one's condition is null if there is an <c>else</c>.</summary>
internal sealed record IfNode(IReadOnlyList<(TemplateExpression? Condition, IReadOnlyList<TemplateNode> Body)> Branches) : TemplateNode;

internal sealed record ForNode(string Variable, TemplateExpression Sequence, IReadOnlyList<TemplateNode> Body) : TemplateNode;

/// <summary><c>set name = value</c>, or with an attribute <c>set name.attribute = value</c>.</summary>
internal sealed record SetNode(string Name, string? Attribute, TemplateExpression Value) : TemplateNode;

/// <summary>An expression of a chat template.</summary>
internal abstract record TemplateExpression;

/// <summary>A string, a long, a bool, or null for <c>none</c>.</summary>
internal sealed record ConstantExpression(object? Value) : TemplateExpression;

internal sealed record NameExpression(string Name) : TemplateExpression;

/// <summary><c>target.key</c> and <c>target['key']</c>, which mean the same here, and <c>target[0]</c>.</summary>
internal sealed record MemberExpression(TemplateExpression Target, TemplateExpression Key) : TemplateExpression;

internal sealed record SliceExpression(TemplateExpression Target, TemplateExpression? Start, TemplateExpression? Stop, TemplateExpression? Step) : TemplateExpression;

/// <summary>A call; arguments without a name have a null one.</summary>
internal sealed record CallExpression(TemplateExpression Target, IReadOnlyList<(string? Name, TemplateExpression Value)> Arguments) : TemplateExpression;

internal sealed record FilterExpression(TemplateExpression Target, string Name) : TemplateExpression;

internal sealed record TestExpression(TemplateExpression Target, string Name) : TemplateExpression;

internal sealed record NotExpression(TemplateExpression Operand) : TemplateExpression;

internal sealed record BinaryExpression(string Operator, TemplateExpression Left, TemplateExpression Right) : TemplateExpression;

internal sealed record ConditionalExpression(TemplateExpression Condition, TemplateExpression Then, TemplateExpression? Else) : TemplateExpression;
