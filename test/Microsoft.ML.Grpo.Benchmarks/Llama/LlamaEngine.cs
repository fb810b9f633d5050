using System.Diagnostics;
using System.Numerics.Tensors;
using LLama.Native;

namespace Microsoft.ML.Grpo.Benchmarks;

/// <summary>
/// llama.cpp, all completions in one batch. Its time is that of its own decoding and of the choice of the largest logit; log-probs are
/// made while the clock stands. Keys and values are float32 and flash attention is off, without which it computes with float16.
/// </summary>
internal sealed class LlamaEngine : IDecodeEngine
{
    private readonly SafeLlamaModelHandle _model;
    private readonly int _threads;

    /// <param name="path">A GGUF file.</param>
    /// <param name="threads">Threads to compute with.</param>
    public LlamaEngine(string path, int threads)
    {
        NativeApi.llama_empty_call(); // loads the native library; not every entry point does
        NativeLogConfig.llama_log_set((level, message) =>
        {
            if (level == LLamaLogLevel.Error)
            {
                Console.Error.Write(message);
            }
        });
        (_model, _threads) = (SafeLlamaModelHandle.LoadFromFile(path, LLamaModelParams.Default()), threads);
    }

    public DecodeResult Run(DecodeRequest request)
    {
        using var context = Context(request);
        var batch = new LLamaBatch();
        var rows = request.Prompts.Length * request.Group;
        var last = new int[rows]; // place of a row's logits in the batch
        for (int prompt = 0; prompt < request.Prompts.Length; prompt++)
        {
            int first = prompt * request.Group;
            int[] ids = request.Prompts[prompt];
            for (int t = 0; t < ids.Length; t++)
            {
                Array.Fill(last, batch.Add((LLamaToken)ids[t], t, (LLamaSeqId)first, t == ids.Length - 1), first, request.Group);
            }
        }

        Decode(context, batch);
        for (int row = 0; row < rows; row++)
        {
            if (row % request.Group != 0)
            {
                context.MemorySequenceCopy((LLamaSeqId)(row / request.Group * request.Group), (LLamaSeqId)row, 0, -1);
            }
        }

        return Steps(request, context, batch, last);
    }

    public void Dispose() => _model.Dispose();

    private static DecodeResult Steps(DecodeRequest request, SafeLLamaContextHandle context, LLamaBatch batch, int[] last)
    {
        var ids = last.Select(_ => new List<int>()).ToArray();
        var logProbs = last.Select(_ => new List<double>()).ToArray();
        var watch = new Stopwatch();
        for (int step = 0; ; step++)
        {
            for (int row = 0; row < last.Length; row++)
            {
                ids[row].Add(TensorPrimitives.IndexOfMax<float>(context.GetLogitsIth(last[row])));
            }

            watch.Stop();
            for (int row = 0; row < last.Length; row++)
            {
                logProbs[row].Add(LogProb(context.GetLogitsIth(last[row]), ids[row][^1]));
            }

            if (step == request.Steps + 1)
            {
                return new(watch.Elapsed.TotalSeconds, [.. ids.Select(row => row.ToArray())], [.. logProbs.Select(row => row.ToArray())], 0);
            }

            if (step > 0)
            {
                watch.Start();
            }

            batch.Clear();
            for (int row = 0; row < last.Length; row++)
            {
                last[row] = batch.Add((LLamaToken)ids[row][^1], request.Prompts[row / request.Group].Length + step, (LLamaSeqId)row, true);
            }

            Decode(context, batch);
        }
    }

    private static void Decode(SafeLLamaContextHandle context, LLamaBatch batch)
    {
        var result = context.Decode(batch);
        if (result != LLama.Native.DecodeResult.Ok)
        {
            throw new InvalidOperationException($"llama.cpp answered {result}.");
        }
    }

    private static double LogProb(ReadOnlySpan<float> logits, int id)
    {
        double largest = TensorPrimitives.Max(logits), sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - largest);
        }

        return logits[id] - largest - Math.Log(sum);
    }

    private SafeLLamaContextHandle Context(DecodeRequest request)
    {
        int rows = request.Prompts.Length * request.Group, length = request.Prompts.Max(p => p.Length) + request.Steps + 2;
        var parameters = LLamaContextParams.Default();
        parameters.n_ctx = (uint)(rows * ((length + 255) / 256 * 256)); // llama.cpp pads a sequence's room to 256
        parameters.n_batch = 4096;
        parameters.n_ubatch = 512;
        parameters.n_seq_max = (uint)rows;
        parameters.n_threads = _threads;
        parameters.n_threads_batch = _threads;
        parameters.type_k = GGMLType.GGML_TYPE_F32;
        parameters.type_v = GGMLType.GGML_TYPE_F32;
        parameters.llama_flash_attn_type = LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_DISABLED;
        parameters.kv_unified = false;
        return SafeLLamaContextHandle.Create(_model, parameters);
    }
}
