using System.IO.Compression;
using System.Text;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Reads the header of a saved transformer with nothing but the zip and the documented offsets.</summary>
internal sealed class LoadContextProbe
{
    internal string ModelSignature(byte[] model)
    {
        using var zip = new ZipArchive(new MemoryStream(model));
        var key = zip.Entries.Single(entry => entry.FullName.Replace('\\', '/').EndsWith("Model.key", StringComparison.Ordinal));
        using var stream = key.Open();
        var header = new byte[0x48];
        stream.ReadExactly(header);
        return Encoding.Latin1.GetString(header, 0x40, 8);
    }
}
