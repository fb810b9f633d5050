using System.Text;

namespace Microsoft.ML.Grpo;

/// <summary>Writes entries beside <c>Model.key</c> in ML.NET's model file, and keeps their names in order.</summary>
internal sealed class ModelEntryWriter(ModelSaveContext context) : IModelEntryWriter
{
    private readonly List<string> _names = [];

    internal IReadOnlyList<string> Names => _names;

    public void WriteBinary(string name, Action<Stream> write)
    {
        EntryName.Check(name);
        if (_names.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"The model has an entry '{name}' already.", nameof(name));
        }

        MLNetInternals.SaveBinaryStream(context, name, writer => write(writer.BaseStream));
        _names.Add(name);
    }

    public void WriteText(string name, string text) => WriteBinary(name, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
}
