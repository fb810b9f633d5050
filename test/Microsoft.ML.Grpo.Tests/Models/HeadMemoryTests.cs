using System.Globalization;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>What the head really takes, as a process of its own finds.</summary>
[TestClass]
public class HeadMemoryTests
{
    private const long Logits = 2L << 30; // of the pass below: 16 × 256 tokens, 131,072 entries, float32

    [TestMethod]
    public async Task The_whole_process_stays_below_one_tensor_of_logits()
    {
        var (peak, _) = Figures(await RunAsync("--head", "Tiled"));
        Assert.IsLessThan(Logits / 2, peak);
    }

    [TestMethod]
    public async Task No_tensor_of_logits_is_ever_asked_for()
    {
        // The system refuses to give as much at once as the logits take, used or not.
        string limit = (Logits - 1).ToString(CultureInfo.InvariantCulture);
        var (peak, _) = Figures(await RunAsync("--head", "Tiled", "--limit", limit));
        Assert.IsLessThan(Logits / 2, peak);
        StringAssert.Contains(await RunAsync("--head", "Full", "--limit", limit), "refused");
    }

    [TestMethod]
    public async Task The_head_takes_no_more_for_16_rows_than_for_2()
    {
        string[] Of(string rows) => ["--alone", "--rows", rows, "--row-tokens", "1024", "--vocabulary", "32768"];
        var (_, two) = Figures(await RunAsync(Of("2")));
        var (_, sixteen) = Figures(await RunAsync(Of("16")));
        Assert.IsGreaterThan(60_000_000, two, "the tiles are not in the figure");
        Assert.IsLessThan(1.1 * two, sixteen);
    }

    private static async Task<string> RunAsync(params string[] arguments)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Inconclusive("Only Linux tells a process its peak memory.");
        }

        var (code, output) = await DotNet.RunAsync([Path.Combine(AppContext.BaseDirectory, "Microsoft.ML.Grpo.Benchmarks.dll"), "head-memory", .. arguments]);
        Assert.AreEqual(0, code, output);
        return output;
    }

    private static (long Peak, long Growth) Figures(string output)
    {
        string[] words = output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        Assert.AreEqual("peak", words[0], output);
        return (long.Parse(words[1], CultureInfo.InvariantCulture), long.Parse(words[3], CultureInfo.InvariantCulture));
    }
}
