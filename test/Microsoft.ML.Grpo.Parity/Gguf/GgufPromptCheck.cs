using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>Each prompt: its text, its ids, the logits after it, the log-probs of a completion, the greedy tokens.</summary>
internal static class GgufPromptCheck
{
    /// <summary>The prompt that states and gradients are given for.</summary>
    public static JsonElement Capital(GgufExpectation expected) => expected.Items("prompts").First(prompt => prompt.GetProperty("name").GetString() == "capital");

    public static Tensor Row(IEnumerable<int> ids) => tensor([.. ids.Select(id => (long)id)]).unsqueeze(0);

    public static void Run(GgufExpectation expected, Policy policy)
    {
        foreach (var prompt in expected.Items("prompts"))
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var name = prompt.GetProperty("name").GetString()!;
            var ids = GgufExpectation.Ids(prompt.GetProperty("prompt_ids"));
            Text(expected.Report, name, prompt, ids, policy);
            Logits(expected, name, prompt, ids, policy.Network);
            if (GgufExpectation.Find(prompt, "completion_ids") is { } list)
            {
                var completion = GgufExpectation.Ids(list);
                var logProbs = LogProbs(policy.Network, ids, completion);
                Compare("completion_logprobs", logProbs, "logprob");
                Compare("mean_logprob", logProbs.mean().reshape(1), "mean_logprob");
            }

            Greedy(expected, name, prompt, ids, policy.Network);

            void Compare(string key, Tensor actual, string tolerance)
            {
                if (GgufExpectation.Find(prompt, key) is { } value)
                {
                    var numbers = value.ValueKind == JsonValueKind.Array ? GgufExpectation.Numbers(value) : [value.GetDouble()];
                    expected.Report.Compare($"{name} {key}", actual, tensor(numbers), new(expected.Tolerance(tolerance)));
                }
            }
        }
    }

    /// <summary>The same in float64, for what the file has in float64. The bound is that of float32, since the reference's rotary angles are float32 in either.</summary>
    public static void RunExact(GgufExpectation expected, Policy policy)
    {
        foreach (var prompt in expected.Items("prompts"))
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            if (GgufExpectation.Find(prompt, "mean_logprob_f64") is { } mean)
            {
                var logProbs = LogProbs(policy.Network, GgufExpectation.Ids(prompt.GetProperty("prompt_ids")), GgufExpectation.Ids(prompt.GetProperty("completion_ids")));
                expected.Report.Compare($"{prompt.GetProperty("name").GetString()} mean_logprob_f64", logProbs.mean().item<double>(), mean.GetDouble(), new(expected.Tolerance("mean_logprob")));
            }
        }
    }

    /// <summary>Log-probs [R] of a completion, by the pass that training takes.</summary>
    public static Tensor LogProbs(CausalLM network, int[] prompt, int[] completion) =>
        SequenceScorer.Score(network, [new TokenSequence(prompt, completion)], new PassSettings(1, int.MaxValue), new(), WorkPurpose.Loss).LogProbs[0];

    private static void Text(Report report, string name, JsonElement prompt, int[] ids, Policy policy)
    {
        if (GgufExpectation.Find(prompt, "rendered")?.GetString() is { } rendered)
        {
            var text = Rendered(prompt, policy);
            report.Check($"{name} rendered", string.Equals(text, rendered, StringComparison.Ordinal), JsonSerializer.Serialize(text));
        }

        // By the file's text if it has one, so that a wrong template does not hide a wrong token.
        if ((GgufExpectation.Find(prompt, "rendered")?.GetString() ?? Rendered(prompt, policy)) is { } source)
        {
            report.Check($"{name} prompt_ids", policy.Tokenizer.Encode(source).SequenceEqual(ids), $"{ids.Length} ids");
        }

        if (GgufExpectation.Find(prompt, "greedy_text")?.GetString() is { } wanted && GgufExpectation.Find(prompt, "greedy_ids") is { } tokens)
        {
            var text = policy.Tokenizer.Decode(GgufExpectation.Ids(tokens), skipSpecial: false);
            report.Check($"{name} greedy_text", string.Equals(text, wanted, StringComparison.Ordinal), JsonSerializer.Serialize(text));
        }
    }

    private static string? Rendered(JsonElement prompt, Policy policy) => GgufExpectation.Find(prompt, "messages") is { } messages
        ? policy.Prompts.Template?.Render(
            [.. messages.EnumerateArray().Select(message => new ChatMessage(message.GetProperty("role").GetString()!, message.GetProperty("content").GetString()!))],
            addGenerationPrompt: true)
        : null;

    private static void Logits(GgufExpectation expected, string name, JsonElement prompt, int[] ids, CausalLM network)
    {
        if (GgufExpectation.Find(prompt, "last_logits_top5") is not { } top)
        {
            return;
        }

        var logits = network.Logits(network.Hidden(Row(ids))[0, -1]);
        var wanted = GgufExpectation.Ids(top.GetProperty("ids"));
        var (_, places) = logits.topk(wanted.Length);
        expected.Report.Check($"{name} top ids", places.data<long>().Select(id => (int)id).SequenceEqual(wanted), "the highest logits");
        var bound = new Bound(expected.Tolerance("logit"));
        expected.Report.Compare($"{name} top logits", logits.index_select(0, Row(wanted)[0]), tensor(GgufExpectation.Numbers(top.GetProperty("logits"))), bound);
        expected.Report.Compare($"{name} logsumexp", logits.logsumexp(0).item<float>(), top.GetProperty("logsumexp").GetDouble(), bound);
    }

    private static void Greedy(GgufExpectation expected, string name, JsonElement prompt, int[] ids, CausalLM network)
    {
        if (GgufExpectation.Find(prompt, "greedy_ids") is not { } list)
        {
            return;
        }

        var wanted = GgufExpectation.Ids(list);
        var gaps = GgufExpectation.Find(prompt, "greedy_gap_first_to_second_logit") is { } given ? GgufExpectation.Numbers(given) : [];
        var certain = gaps.TakeWhile(gap => gap >= expected.GreedyGap).Count() is var count && gaps.Length > 0 ? Math.Min(count, wanted.Length) : wanted.Length;
        var sampling = new SamplingParameters { Temperature = 0, MaxTokens = wanted.Length, StopIds = new HashSet<int>() };
        var engine = new InProcessEngine(network, new WorkCounters(), WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode);
        var tokens = engine.Sample(new([new RolloutPrompt(0, ids)], 1, sampling, new RunRandom(0), DrawPurpose.Check, 0), CancellationToken.None)[0].Completions[0].Ids;
        var right = tokens.Zip(wanted).TakeWhile(pair => pair.First == pair.Second).Count();
        expected.Report.Check($"{name} greedy_ids", certain > 0 && right >= certain, $"{right} of {wanted.Length} tokens equal, {certain} certain");
    }
}
