namespace Microsoft.ML.Grpo;

/// <summary>Walks over the tokens of a chat template.</summary>
internal sealed class TemplateCursor(IReadOnlyList<TemplateToken> tokens)
{
    private int _at;

    public TemplateToken? Peek => PeekAt(0);

    public TemplateToken? PeekAt(int distance) => _at + distance < tokens.Count ? tokens[_at + distance] : null;

    public TemplateToken Next() => _at < tokens.Count ? tokens[_at++] : throw Unexpected();

    public bool Take(string symbol) => TakeToken(TemplateTokenKind.Symbol, symbol);

    public bool TakeName(string name) => TakeToken(TemplateTokenKind.Name, name);

    public string Name() => Peek is { Kind: TemplateTokenKind.Name } ? tokens[_at++].Text : throw Unexpected();

    public void Expect(string symbol)
    {
        if (!Take(symbol))
        {
            throw Unexpected();
        }
    }

    public void ExpectName(string name)
    {
        if (!TakeName(name))
        {
            throw Unexpected();
        }
    }

    public void Close()
    {
        if (Peek is not { Kind: TemplateTokenKind.Close })
        {
            throw Unexpected();
        }

        _at++;
    }

    public TemplateNotUnderstoodException Unexpected() => new(Peek is { } token ? $"it has '{token.Text}' where something else is expected" : "it ends too early");

    private bool TakeToken(TemplateTokenKind kind, string text)
    {
        var taken = Peek is { } token && token.Kind == kind && token.Text == text;
        _at += taken ? 1 : 0;
        return taken;
    }
}
