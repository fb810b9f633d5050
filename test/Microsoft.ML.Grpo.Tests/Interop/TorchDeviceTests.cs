using Microsoft.Extensions.Logging;
using TorchSharp;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class TorchDeviceTests : FaceTests
{
    private static int Count => torch.cuda.is_available() ? torch.cuda.device_count() : 0;

    [TestMethod]
    public void Without_an_id_the_cpu_is_used_and_nothing_is_said()
    {
        var log = new CollectingLogger();
        Assert.AreEqual(DeviceType.CPU, TorchDevice.Of(new MLContext(), log).type);
        Assert.IsEmpty(log.Lines);
    }

    [TestMethod]
    [DataRow(-1)]
    [DataRow(4096)]
    public void A_gpu_that_is_not_there_is_replaced_by_the_cpu_with_a_warning(int id)
    {
        var log = new CollectingLogger();
        Assert.AreEqual(DeviceType.CPU, TorchDevice.Of(new MLContext { GpuDeviceId = id, FallbackToCpu = true }, log).type);
        Assert.AreEqual(
            $"Warning: MLContext.GpuDeviceId is {id}, but TorchSharp sees {TorchDevice.Seen(Count)}: the CPU is used (MLContext.FallbackToCpu). "
            + "Build with -p:TorchBackend=cuda-linux or cuda-windows on a machine with a CUDA driver, or set GpuDeviceId = null.",
            log.Lines.Single());
    }

    [TestMethod]
    [DataRow(-1)]
    [DataRow(4096)]
    public void Without_fallback_it_is_an_error_with_the_remedies_in_fit_and_load(int id)
    {
        using (var policy = Fit())
        {
            Ml.Model.Save(policy, null, Folder["policy.zip"]);
        }

        var ml = new MLContext(seed: 1) { GpuDeviceId = id, FallbackToCpu = false };
        var message = $"MLContext.GpuDeviceId is {id}, but TorchSharp sees {TorchDevice.Seen(Count)}, and MLContext.FallbackToCpu is false. "
            + "Build with -p:TorchBackend=cuda-linux or cuda-windows on a machine with a CUDA driver, set GpuDeviceId = null, or set FallbackToCpu = true.";
        Assert.AreEqual(message, Assert.ThrowsExactly<InvalidOperationException>(() => Fit(ml: ml)).Message);
        StringAssert.Contains(Assert.Throws<Exception>(() => ml.Model.Load(Folder["policy.zip"], out _)).ToString(), message);
    }

    [TestMethod]
    [DataRow(0, "no CUDA device")]
    [DataRow(1, "one CUDA device, 0")]
    [DataRow(2, "2 CUDA devices, 0 to 1")]
    public void What_is_there_is_said_so_that_no_count_reads_as_an_id(int count, string said) => Assert.AreEqual(said, TorchDevice.Seen(count));

    [TestMethod]
    public void Fit_and_load_warn_in_the_context_log()
    {
        var ml = new MLContext(seed: 1) { GpuDeviceId = 4096, FallbackToCpu = true };
        var warnings = new List<string>();
        ml.Log += (_, line) =>
        {
            if (line.Kind == Runtime.ChannelMessageKind.Warning && line.RawMessage.Contains("GpuDeviceId", StringComparison.Ordinal))
            {
                warnings.Add(line.Source);
            }
        };
        using (var policy = Fit(ml: ml))
        {
            ml.Model.Save(policy, null, Folder["policy.zip"]);
        }

        using var loaded = (GrpoTransformer)ml.Model.Load(Folder["policy.zip"], out _);
        Assert.HasCount(2, warnings);
    }
}
