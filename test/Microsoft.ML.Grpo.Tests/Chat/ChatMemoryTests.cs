using TorchSharp;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>An answer leaves no tensor behind, however it ends.</summary>
[TestClass]
public class ChatMemoryTests
{
    private static long Live => DisposeScopeManager.Statistics.ThreadTotalLiveCount;

    [TestMethod]
    public void No_tensor_is_left_by_answers_that_end_are_stopped_or_are_cancelled()
    {
        using var generator = RecitingPolicy.Generator("abcdef", endless: true);
        var request = ChatRequest.Read(generator, "policy", [new(Microsoft.Extensions.AI.ChatRole.User, "Hi")], null);
        var before = Live;
        for (var i = 0; i < 30; i++)
        {
            var drawn = 0;
            using var stop = new CancellationTokenSource();
            bool Watch(int id)
            {
                drawn++;
                if (i % 3 == 1 && drawn == 7)
                {
                    stop.Cancel();
                }

                return i % 3 != 2 || drawn < 7;
            }

            if (i % 3 == 1)
            {
                Assert.ThrowsExactly<OperationCanceledException>(() => generator.Complete(request.Prompt, request.Sampling, request.Seed, Watch, stop.Token));
            }
            else
            {
                Assert.HasCount(i % 3 == 0 ? 50 : 7, generator.Complete(request.Prompt, request.Sampling, request.Seed, Watch, stop.Token).Ids);
            }

            Assert.AreEqual(before, Live, $"after answer {i}");
            Assert.AreEqual(i % 3 == 0 ? 50 : 7, drawn);
        }
    }
}
