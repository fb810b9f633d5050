using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>The reference's tensors of one model, by key; tensors returned belong to the caller's dispose scope.</summary>
internal sealed class Expectation(string path) : IDisposable
{
    private readonly SafetensorsReader _reader = SafetensorsReader.Open(path);

    public IEnumerable<string> Keys => _reader.Entries.Keys;

    public bool Has(string key) => _reader.Entries.ContainsKey(key);

    public ScalarType StoredType(string key) => _reader.Entries[key].Type;

    public Tensor this[string key] => _reader.Read(key);

    public void Dispose() => _reader.Dispose();
}
