namespace Microsoft.ML.Grpo;

/// <summary>
/// Tells whether a chat template is ChatML, by proof and not by likeness: the template itself is run on conversations whose contents
/// are left open (<see cref="SymbolicTemplate"/>), and its output must be ChatML's. A system message (or none) and a user message is
/// what prompts consist of, so for them nothing is left to chance; longer conversations are proved by examples of up to five messages.
/// </summary>
internal static class ChatMLRecognizer
{
    private static readonly string[][] Prompts = [["user"], ["system", "user"]];

    private static readonly string[][] Dialogues =
    [
        ["user", "assistant"],
        ["system", "user", "assistant"],
        ["user", "assistant", "user", "assistant"],
        ["system", "user", "assistant", "user", "assistant"],
        ["system", "user", "user"],
        ["system", "system", "user"],
        ["user", "assistant", "system", "user"],
    ];

    /// <exception cref="NotSupportedException">The template is not ChatML; names the file, the reason and the remedy.</exception>
    public static ChatMLTemplate Recognize(string source, IReadOnlyDictionary<string, string> specialTokens, string file)
    {
        try
        {
            var template = TemplateParser.Parse(source);
            var defaultSystem = DefaultSystem(SymbolicTemplate.Render(template, specialTokens, Prompts[0], addGenerationPrompt: false));
            if (!Prompts.All(roles => IsChatML(template, specialTokens, roles, defaultSystem)))
            {
                throw new TemplateNotUnderstoodException("it writes prompts in another form");
            }

            return new ChatMLTemplate(defaultSystem, AssistantTurns(template, specialTokens, defaultSystem));
        }
        catch (Exception reason) when (reason is TemplateNotUnderstoodException or InsufficientExecutionStackException)
        {
            throw new NotSupportedException(
                $"{file}: the model's chat template is not ChatML, the one form that is known here ({(reason is TemplateNotUnderstoodException ? reason.Message : "it is nested too deeply")}). "
                + "Set PromptFormat = PromptFormat.Raw and write the template's markup into the prompt column yourself.",
                reason);
        }
    }

    private static bool AssistantTurns(IReadOnlyList<TemplateNode> template, IReadOnlyDictionary<string, string> specialTokens, string? defaultSystem)
    {
        try
        {
            return Dialogues.All(roles => IsChatML(template, specialTokens, roles, defaultSystem));
        }
        catch (TemplateNotUnderstoodException)
        {
            return false;
        }
    }

    /// <summary>What stands before a lone user message must be a whole system message of fixed text, or nothing.</summary>
    private static string? DefaultSystem(SymbolicText loneUser)
    {
        const string Open = "<|im_start|>system\n", Close = "<|im_end|>\n<|im_start|>user\n";
        return loneUser.Parts is [string before, ..] && before.StartsWith(Open, StringComparison.Ordinal) && before.EndsWith(Close, StringComparison.Ordinal)
            ? before[Open.Length..^Close.Length]
            : null;
    }

    private static bool IsChatML(IReadOnlyList<TemplateNode> template, IReadOnlyDictionary<string, string> specialTokens, string[] roles, string? defaultSystem)
    {
        var expected = defaultSystem is null || roles[0] == "system" ? SymbolicText.Empty : SymbolicText.Of($"<|im_start|>system\n{defaultSystem}<|im_end|>\n");
        for (var i = 0; i < roles.Length; i++)
        {
            expected = expected.Then(SymbolicText.Of($"<|im_start|>{roles[i]}\n")).Then(SymbolicText.ContentOf(i)).Then(SymbolicText.Of("<|im_end|>\n"));
        }

        return SymbolicTemplate.Render(template, specialTokens, roles, addGenerationPrompt: false).SameAs(expected)
            && SymbolicTemplate.Render(template, specialTokens, roles, addGenerationPrompt: true).SameAs(expected.Then(SymbolicText.Of("<|im_start|>assistant\n")));
    }
}
