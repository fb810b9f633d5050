using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Benchmarks;

/// <summary>
/// The memory of a loss pass, in a process of its own, since what autograd keeps cannot be counted from outside and a peak
/// stays: one block under a large vocabulary, forward and backward. Linux only, which tells a process its peak.
/// </summary>
internal static partial class HeadMemory
{
    private const int HiddenSize = 16;
    private const int Prompt = 2;
    private const int DataLimit = 2; // RLIMIT_DATA

    /// <summary>Runs it and writes "peak BYTES growth BYTES", or "refused MESSAGE" if memory was.</summary>
    /// <param name="head">The head.</param>
    /// <param name="alone">Whether to run a tiled head of 64 MB tiles alone, and leave what goes in and comes out of it out of the growth.</param>
    /// <param name="rows">Completions.</param>
    /// <param name="tokens">Tokens of each.</param>
    /// <param name="vocabulary">Size of the vocabulary.</param>
    /// <param name="limit">Bytes that the process may take from the system beyond what it has at the start of the pass; null: all.</param>
    /// <param name="output">Where to.</param>
    /// <returns>0.</returns>
    public static async Task<int> RunAsync(LogProbHead head, bool alone, int rows, int tokens, int vocabulary, long? limit, TextWriter output)
    {
        TorchRuntime.Initialize(tuneAllocator: !alone); // else whether a freed tile is used again is chance, and the tiles are all there is
        using var model = RandomWeights.Create(RandomWeights.ShapeTiny with { VocabularySize = vocabulary, HiddenSize = HiddenSize, IntermediateSize = 16, Layers = 1, Heads = 1, KeyValueHeads = 1 });
        model.RequireGradients(true);
        Action<int, int> pass = alone ? (b, t) => Alone(model, b * t) : (b, t) => Pass(model, head, b, t);
        pass(1, 2);
        long before = Status("VmRSS");
        await File.WriteAllTextAsync("/proc/self/clear_refs", "5").ConfigureAwait(false); // the peak starts anew
        if (limit is { } bytes)
        {
            var data = (ulong)(Status("VmData") + bytes);
            Limit most = new(data, data);
            if (SetLimit(DataLimit, in most) != 0)
            {
                throw new InvalidOperationException($"setrlimit failed: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }

        try
        {
            pass(rows, tokens);
        }
        catch (ExternalException refused)
        {
            await output.WriteLineAsync($"refused {refused.Message.Split('\n')[0]}").ConfigureAwait(false);
            return 0;
        }

        long peak = Status("VmHWM");
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"peak {peak} growth {peak - before - (alone ? Bytes(rows * tokens) : 0)}")).ConfigureAwait(false);
        return 0;
    }

    private static void Pass(CausalLM model, LogProbHead head, int rows, int tokens)
    {
        using var scope = NewDisposeScope();
        using var backward = new BackwardPass();
        int[] prompt = [.. Enumerable.Range(1, Prompt)];
        int[] completion = [.. Enumerable.Range(1, tokens)];
        var (lp, _) = SequenceScorer.Score(model, [.. Enumerable.Repeat(new TokenSequence(prompt, completion), rows)], new PassSettings(1, int.MaxValue) { Head = head }, new(), WorkPurpose.Loss);
        backward.Run(lp.sum());
        foreach (var weight in model.Parameters.Values)
        {
            weight.grad = null;
        }
    }

    private static void Alone(CausalLM model, int tokens)
    {
        using var scope = NewDisposeScope();
        var hidden = ones([tokens, model.Config.HiddenSize], requires_grad: true);
        var (lp, _) = TiledHead.Compute(model.LogitTerms(hidden), ones([tokens], ScalarType.Int64), entropyGraph: false, new(1024, 8192));
        lp.sum().backward();
        model.Parameters[ModelWeights.Embedding].grad = null;
    }

    /// <summary>Of the states and their gradient, ids, and log-probs and entropies and the gradient of the first.</summary>
    private static long Bytes(long tokens) => tokens * ((2 * HiddenSize * sizeof(float)) + sizeof(long) + (3 * sizeof(float)));

    /// <summary>A row of what Linux says of the process, in bytes.</summary>
    public static long Status(string name) => 1024 * long.Parse(
        File.ReadLines("/proc/self/status").First(line => line.StartsWith(name + ':', StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetLimit(int resource, in Limit limit);

    private readonly record struct Limit(ulong Soft, ulong Hard);
}
