namespace Microsoft.ML.Grpo.Benchmarks;

/// <summary>What is to be decoded, greedily.</summary>
/// <param name="Prompts">Ids of each prompt.</param>
/// <param name="Group">Completions of each prompt.</param>
/// <param name="Steps">Steps that are timed; two tokens more are decoded before, one from the prompts' pass and one to warm up.</param>
internal sealed record DecodeRequest(int[][] Prompts, int Group, int Steps);

/// <summary>What came of it.</summary>
/// <param name="Seconds">Time of the steps.</param>
/// <param name="Ids">Tokens of each completion.</param>
/// <param name="LogProbs">Their log-probs.</param>
/// <param name="MatmulRate">What the machine did of float32 products at that time, in operations a second; 0 where the engine does not measure it.</param>
internal sealed record DecodeResult(double Seconds, int[][] Ids, double[][] LogProbs, double MatmulRate);

/// <summary>Something that decodes.</summary>
internal interface IDecodeEngine : IDisposable
{
    DecodeResult Run(DecodeRequest request);
}
