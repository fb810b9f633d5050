namespace Microsoft.ML.Grpo;

/// <summary>The key-value pairs of a GGUF file that is to be written, in the types that llama.cpp insists on.</summary>
internal sealed class GgufPairs
{
    private const uint Int32 = 5, UInt32 = 4, Float32 = 6, Bool = 7, String = 8, Array = 9;

    private readonly GgufBuffer _buffer = new();

    public int Count { get; private set; }

    public ReadOnlySpan<byte> Written => _buffer.Written;

    public void Add(string key, string value) => Begin(key, String).Text(value);

    /// <summary>A count or an id.</summary>
    public void Add(string key, int value) => Begin(key, UInt32).UInt32(checked((uint)value));

    public void Add(string key, float value) => Begin(key, Float32).UInt32(BitConverter.SingleToUInt32Bits(value));

    public void Add(string key, bool value) => Begin(key, Bool).Bytes([value ? (byte)1 : (byte)0]);

    public void Add(string key, IReadOnlyList<string> values) => AddAll(key, String, values, _buffer.Text);

    public void Add(string key, IReadOnlyList<int> values) => AddAll(key, Int32, values, value => _buffer.UInt32(unchecked((uint)value)));

    public void Add(string key, IReadOnlyList<float> values) => AddAll(key, Float32, values, value => _buffer.UInt32(BitConverter.SingleToUInt32Bits(value)));

    private void AddAll<T>(string key, uint type, IReadOnlyList<T> values, Action<T> write)
    {
        Begin(key, Array);
        _buffer.UInt32(type);
        _buffer.UInt64((ulong)values.Count);
        foreach (var value in values)
        {
            write(value);
        }
    }

    private GgufBuffer Begin(string key, uint type)
    {
        Count++;
        _buffer.Text(key);
        _buffer.UInt32(type);
        return _buffer;
    }
}
