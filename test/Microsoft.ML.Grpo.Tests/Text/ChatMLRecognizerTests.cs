namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class ChatMLRecognizerTests
{
    private const string Plain =
        "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    [TestMethod]
    [DataRow(Plain)]
    [DataRow("{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}" + Plain)]
    [DataRow("""
        {# text between tags instead of expressions #}
        {% for m in messages %}
        <|im_start|>{{ m.role }}
        {{ m.content }}<|im_end|>
        {% endfor %}
        {% if add_generation_prompt %}
        <|im_start|>assistant
        {% endif %}

        """ + "\n")]
    [DataRow("""
        {%- for m in messages -%}
            {%- if m["role"] in "system user assistant" -%}
                {{- "<|im_start|>" + m["role"] + "\n" + m["content"] + "<|im_end|>\n" -}}
            {%- else -%}
                {{- raise_exception("no such role") -}}
            {%- endif -%}
        {%- endfor -%}
        {{- "<|im_start|>assistant\n" if add_generation_prompt else "" -}}
        """)]
    public void ChatML_is_recognised_in_any_spelling(string source)
    {
        var template = Recognize(source);
        Assert.IsNull(template.DefaultSystem);
        Assert.IsTrue(template.AssistantTurns);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("{{ bos_token }}" + Plain, DisplayName = "a BOS in front")]
    [DataRow("{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content | trim + '<|im_end|>\\n' }}{% endfor %}", DisplayName = "trimmed contents")]
    [DataRow("{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>' }}{% endfor %}", DisplayName = "no line end")]
    [DataRow("{% for m in messages %}{% if 'x' in m.content %}!{% endif %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}", DisplayName = "shown by content")]
    [DataRow("{% for m in messages %}{% if m.content %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endif %}{% endfor %}", DisplayName = "empty contents left out")]
    [DataRow("{% for m in messages[::-1] %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}", DisplayName = "backwards")]
    [DataRow("{% macro f() %}{% endmacro %}" + Plain, DisplayName = "a macro")]
    [DataRow(Plain + "{% if true %}", DisplayName = "cut short")]
    [DataRow("{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n<think>\\n' }}{% endif %}", DisplayName = "opens a thought")]
    [DataRow("{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}{{ '<|im_start|>assistant\\n' }}", DisplayName = "always opens a turn")]
    [DataRow("{% if (messages[0].content or 'x') == 'x' %}!{% endif %}" + Plain, DisplayName = "shown when the first content is empty")]
    [DataRow("{% if (messages[0].content or 'x') is not string %}{% else %}!{% endif %}" + Plain, DisplayName = "shown whatever the content, by a detour")]
    [DataRow("{% if strftime_now is defined %}{{ strftime_now('%d') }}{% endif %}" + Plain, DisplayName = "shows the day where it can")]
    [DataRow("{% if raise_exception %}!{% endif %}" + Plain, DisplayName = "asks for a function")]
    [DataRow("{% if additional_special_tokens %}!{% endif %}" + Plain, DisplayName = "asks for additional tokens")]
    [DataRow("{% set a = namespace(x=1, x=2) %}" + Plain, DisplayName = "a namespace that Python refuses")]
    [DataRow("{% if 9223372036854775807 + 1 > 0 %}!{% endif %}" + Plain, DisplayName = "counts too far")]
    [DataRow("{% set m = messages[0] %}{% for m in messages if m.role != 'assistant' %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}", DisplayName = "filters the messages")]
    public void Whatever_renders_otherwise_is_refused(string source)
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() => Recognize(source));
        StringAssert.StartsWith(error.Message, "m/tokenizer_config.json: ");
        StringAssert.Contains(error.Message, "PromptFormat.Raw");
    }

    [TestMethod]
    public void Every_special_token_of_the_config_is_one_that_a_template_may_show()
    {
        var config = TokenizerConfig.Read("""{"mask_token": {"content": "<mask>"}}"""u8.ToArray(), "tokenizer_config.json");
        Assert.IsNotNull(ChatMLRecognizer.Recognize(Plain, config.SpecialTokens, "f"));
        Assert.ThrowsExactly<NotSupportedException>(() => ChatMLRecognizer.Recognize("{{ mask_token }}" + Plain, config.SpecialTokens, "f"));
    }

    [TestMethod]
    public void Hostile_nesting_is_refused_too()
    {
        string[] deep = ["(", "not ", "a + ", "x if y else ", "a["];
        foreach (var piece in deep)
        {
            Assert.ThrowsExactly<NotSupportedException>(() => Recognize("{{ " + string.Concat(Enumerable.Repeat(piece, 200_000)) + "a }}"), piece);
        }

        Assert.ThrowsExactly<NotSupportedException>(() => Recognize(string.Concat(Enumerable.Repeat("{% if a %}", 200_000))));
    }

    [TestMethod]
    public void A_template_that_would_run_for_ever_or_fill_the_memory_is_refused()
    {
        string Nested(string open, string close) => string.Concat(Enumerable.Repeat(open, 40)) + string.Concat(Enumerable.Repeat(close, 40));
        Assert.ThrowsExactly<NotSupportedException>(() => Recognize(Nested("{% for m in messages %}{% for m in messages %}", "{% endfor %}{% endfor %}")));
        Assert.ThrowsExactly<NotSupportedException>(() => Recognize("{% set x = 'x' %}" + string.Concat(Enumerable.Repeat("{% set x = x + x %}", 60)) + Plain));
        Assert.ThrowsExactly<NotSupportedException>(() => Recognize("{% set x = messages[0].content %}" + string.Concat(Enumerable.Repeat("{% set x = x + x %}", 60)) + Plain));

        // Few statements, each of which does much.
        var sum = $"{{% set x = '{new string('x', 50)}' %}}{{% set y = {string.Join('+', Enumerable.Repeat("x", 1000))} %}}";
        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => Recognize(sum + Plain)).Message, "too many steps");
        var forgotten = string.Concat(Enumerable.Range(0, 8).Select(i => $"{{% for m{i} in messages %}}")) + "{% if m0.content %}" + string.Concat(Enumerable.Repeat("{% set x = 1 %}", 10_000)) + "{% endif %}" + string.Concat(Enumerable.Repeat("{% endfor %}", 8));
        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => Recognize(Plain + forgotten)).Message, "too many steps");
        var name = new string('x', 1_000_000);
        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => Recognize($"{{% set {name} = 1 %}}" + string.Concat(Enumerable.Repeat($"{{% if {name} %}}{{% endif %}}", 20)) + Plain)).Message, "too many steps");
        var search = $"{{% set x = '{new string('x', 60_000)}' %}}{{% set y = '{new string('x', 30_000)}y' %}}{{% for m in messages %}}{{% if y in x %}}{{% endif %}}{{% endfor %}}";
        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => Recognize(search + Plain)).Message, "too many steps");
    }

    [TestMethod]
    public void Nesting_that_the_parser_still_bears_does_not_end_the_process()
    {
        for (var depth = 1000; depth < 100_000; depth += depth)
        {
            var source = string.Concat(Enumerable.Repeat("{% if true %}", depth)) + "!" + string.Concat(Enumerable.Repeat("{% endif %}", depth));
            Assert.ThrowsExactly<NotSupportedException>(() => Recognize(source), $"{depth}");
        }
    }

    [TestMethod]
    public void Any_cut_of_a_template_is_refused_or_recognised_and_nothing_else()
    {
        for (var length = 0; length < Plain.Length; length++)
        {
            Assert.ThrowsExactly<NotSupportedException>(() => Recognize(Plain[..length]), Plain[..length]);
        }
    }

    [TestMethod]
    public void The_default_system_message_gives_way_to_any_system_message_even_an_empty_one()
    {
        var template = Recognize("{% for message in messages %}{% if loop.first and message.role != 'system' %}<|im_start|>system\nBe good.<|im_end|>\n{% endif %}"
            + "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}");
        Assert.AreEqual("Be good.", template.DefaultSystem);
        Assert.AreEqual("<|im_start|>system\nBe good.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", template.Render([new("user", "Hi")], true));
        Assert.AreEqual("<|im_start|>system\n<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n", template.Render([new("system", ""), new("user", "Hi")], false));
    }

    [TestMethod]
    public void A_role_that_templates_treat_differently_is_refused()
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() => Recognize(Plain).Render([new("tool", "1")], true));
        StringAssert.Contains(error.Message, "'tool'");
    }

    [TestMethod]
    public void The_file_of_its_own_goes_before_the_config_and_a_list_gives_its_default()
    {
        var other = "{{ 'x' }}";
        var list = TokenizerConfig.Read(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new
        {
            chat_template = new[] { new { name = "tool_use", template = other }, new { name = "default", template = Plain } },
        }), "tokenizer_config.json");
        Assert.IsInstanceOfType<ChatMLTemplate>(ChatTemplate.Find(null, list, "m"));
        var error = Assert.ThrowsExactly<NotSupportedException>(() => ChatTemplate.Find(System.Text.Encoding.UTF8.GetBytes(other), list, "m"));
        StringAssert.Contains(error.Message, "chat_template.jinja");
        Assert.IsNull(ChatTemplate.Find(null, TokenizerConfig.Empty, "m"));
    }

    private static ChatMLTemplate Recognize(string source) =>
        ChatMLRecognizer.Recognize(source, new Dictionary<string, string> { ["bos_token"] = "<s>" }, "m/tokenizer_config.json");
}
