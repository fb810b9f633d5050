using Microsoft.Extensions.AI;
using AI = Microsoft.Extensions.AI;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class ChatClientTests
{
    private static readonly string TinyAdder = Path.Combine(Repository.Root, "docs", "samples", "TinyAdder");

    [TestMethod]
    public async Task An_answer_comes_with_its_reason_its_usage_its_id_and_the_models_name()
    {
        using var policy = RecitingPolicy.Create("Yes.");
        using var client = policy.AsIChatClient("mine");
        var response = await client.GetResponseAsync("Is it?");
        Assert.AreEqual("Yes.", response.Text);
        Assert.AreEqual(ChatRole.Assistant, response.Messages.Single().Role);
        Assert.AreEqual(ChatFinishReason.Stop, response.FinishReason);
        Assert.AreEqual("mine", response.ModelId);
        Assert.IsNotNull(response.CreatedAt);
        Assert.AreNotEqual(response.ResponseId, (await client.GetResponseAsync("Is it?")).ResponseId);

        // Three tokens of markup, the rest one a byte; of the answer, the stop token is one.
        Assert.AreEqual(3 + "user\nIs it?\nassistant\n".Length, response.Usage!.InputTokenCount);
        Assert.AreEqual(5, response.Usage.OutputTokenCount);
        Assert.AreEqual(response.Usage.InputTokenCount + 5, response.Usage.TotalTokenCount);
    }

    [TestMethod]
    public async Task An_answer_that_is_cut_says_so_whoever_set_its_length()
    {
        using var policy = RecitingPolicy.Create("Certainly", maxTokens: 4);
        using var client = policy.AsIChatClient();
        foreach (var (options, text) in new (ChatOptions?, string)[] { (null, "Cert"), (new() { MaxOutputTokens = 2 }, "Ce"), (new() { MaxOutputTokens = 9 }, "Certainly") })
        {
            var response = await client.GetResponseAsync("Is it?", options);
            Assert.AreEqual((text, ChatFinishReason.Length), (response.Text, response.FinishReason));
            Assert.AreEqual(text.Length, response.Usage!.OutputTokenCount);
        }

        Assert.AreEqual(ChatFinishReason.Stop, (await client.GetResponseAsync("Is it?", new() { MaxOutputTokens = 10 })).FinishReason);
    }

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(1.0)]
    public async Task A_single_user_message_is_answered_as_Transform_completes_it(double temperature)
    {
        var ml = new MLContext(seed: 1);
        using var policy = ml.Transforms.LoadGrpoPolicy(new()
        {
            ModelPath = TinyAdder, Generation = { Temperature = temperature, MaxCompletionTokens = 6, Seed = temperature == 0 ? null : 5, TopK = temperature == 0 ? null : 9 },
        });
        using var client = policy.AsIChatClient();
        string[] prompts = ["37+48=", "10+11=", "99+99=", "52+19=", "64+77="];
        var completions = policy.Transform(ml.Data.LoadFromEnumerable(prompts.Select(prompt => new Question { Prompt = prompt }))).Texts();
        for (var i = 0; i < prompts.Length; i++)
        {
            Assert.AreEqual(completions[i], (await client.GetResponseAsync(prompts[i])).Text);
        }
    }

    [TestMethod]
    public async Task Another_seed_gives_another_answer_and_the_same_seed_the_same()
    {
        using var policy = new MLContext(seed: 1).Transforms.LoadGrpoPolicy(new() { ModelPath = TinyAdder, MaxCompletionTokens = 6 });
        using var client = policy.AsIChatClient();
        var answers = new List<string>();
        for (var i = 0; i < 40; i++)
        {
            answers.Add((await client.GetResponseAsync("37+48=", new() { Temperature = 1.5f, Seed = i % 20 })).Text);
        }

        CollectionAssert.AreEqual(answers[..20], answers[20..]);
        Assert.IsGreaterThan(1, answers.Distinct().Count());
    }

    [TestMethod]
    public void It_says_who_it_is()
    {
        using var policy = RecitingPolicy.Create("a");
        using var client = policy.AsIChatClient();
        var metadata = client.GetService<ChatClientMetadata>()!;
        Assert.AreEqual(("microsoft.ml.grpo", null, "policy"), (metadata.ProviderName, metadata.ProviderUri, metadata.DefaultModelId));
        Assert.AreSame(client, client.GetService<IChatClient>());
        Assert.AreSame(policy, client.GetService<GrpoTransformer>());
        Assert.IsNull(client.GetService<HttpClient>());
        Assert.IsNull(client.GetService<GrpoTransformer>("a key"));
        Assert.ThrowsExactly<ArgumentException>(() => policy.AsIChatClient(" "));
    }

    [TestMethod]
    public async Task Disposing_a_client_leaves_the_policy_and_disposing_the_policy_ends_its_clients()
    {
        var policy = RecitingPolicy.Create("a");
        var client = policy.AsIChatClient();
        client.Dispose();
        Assert.AreEqual("a", (await client.GetResponseAsync("x")).Text);
        policy.Dispose();
        var error = await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => client.GetResponseAsync("x"));
        StringAssert.Contains(error.Message, "load the model again");
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => client.GetStreamingResponseAsync("x").ToChatResponseAsync());
        Assert.ThrowsExactly<ObjectDisposedException>(() => policy.AsIChatClient());
    }

    [TestMethod]
    public void What_is_no_policy_cannot_be_talked_to()
    {
        using var transformer = TransformerFixture.Transformer(new MLContext(), new UpperCaseGenerator());
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => transformer.AsIChatClient());
        StringAssert.Contains(error.Message, "Give a transformer that TrainGrpo or LoadGrpoPolicy made.");
    }

    [TestMethod]
    public async Task Callers_take_turns_with_each_other_and_with_Transform()
    {
        var ml = new MLContext(seed: 1);
        using var policy = RecitingPolicy.Create("abc");
        using var client = policy.AsIChatClient();
        var data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 10).Select(i => new Question { Prompt = $"q{i}" }));
        var answers = Enumerable.Range(0, 8).Select(i => Task.Run(() => i % 2 == 0
            ? client.GetResponseAsync($"{i}")
            : client.GetStreamingResponseAsync($"{i}").ToChatResponseAsync())).ToArray();
        var completions = Task.Run(() => policy.Transform(data).Texts());
        Assert.IsTrue((await Task.WhenAll(answers)).All(answer => answer.Text == "abc"));
        Assert.IsTrue((await completions).All(text => text == "abc"));
    }

    [TestMethod]
    public async Task A_call_that_is_cancelled_does_not_wait_for_its_turn()
    {
        using var policy = RecitingPolicy.Create("abc");
        using var client = policy.AsIChatClient();
        using var turn = new SemaphoreSlim(0);
        var busy = policy.InTurnAsync(() => turn.Wait(-1), default);
        using var stop = new CancellationTokenSource();
        var waiting = client.GetResponseAsync("x", cancellationToken: stop.Token);
        Assert.IsFalse(waiting.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => waiting);
        Assert.IsFalse(busy.IsCompleted);
        turn.Release();
        await busy;
        await Assert.ThrowsAsync<OperationCanceledException>(() => client.GetResponseAsync("x", cancellationToken: stop.Token));
        Assert.AreEqual("abc", (await client.GetResponseAsync("x")).Text);
    }

    [TestMethod]
    public async Task A_context_whose_execution_was_cancelled_answers_no_more()
    {
        var ml = new MLContext(seed: 1);
        using var policy = TransformerFixture.Transformer(ml, RecitingPolicy.Generator("abc"));
        using var client = policy.AsIChatClient();
        Cancellation.Cancel(ml);
        await Assert.ThrowsAsync<OperationCanceledException>(() => client.GetResponseAsync("x"));
    }

    [TestMethod]
    public async Task A_policy_that_was_saved_and_loaded_answers_as_before()
    {
        using var folder = new TemporaryFolder();
        var ml = new MLContext(seed: 1);
        using var policy = ml.Transforms.LoadGrpoPolicy(TinyAdder);
        ml.Model.Save(policy, null, folder["policy.zip"]);
        using var loaded = (GrpoTransformer)ml.Model.Load(folder["policy.zip"], out _);
        using IChatClient before = policy.AsIChatClient(), after = loaded.AsIChatClient();
        var options = new ChatOptions { Temperature = 1, Seed = 3, MaxOutputTokens = 6 };
        Assert.AreEqual((await before.GetResponseAsync("37+48=", options)).Text, (await after.GetResponseAsync("37+48=", options)).Text);
    }
}
