using System.IO.MemoryMappedFiles;

namespace Microsoft.ML.Grpo;

/// <summary>
/// A file as a stream over its pages in the page cache: what is read is copied once, from there to where it shall be. The framework's own
/// stream over a map copies twice. As with every map, a file that another program cuts short meanwhile ends the process; files
/// written here are renamed into place and never cut.
/// </summary>
internal sealed class MappedFile : Stream
{
    private readonly MemoryMappedViewAccessor? _view; // null: nothing can be mapped of an empty file
    private long _position;

    private MappedFile(MemoryMappedViewAccessor? view, long length) => (_view, Length) = (view, length);

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length { get; }

    public override long Position
    {
        get => _position;
        set => _position = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A position in a file is 0 or more.");
    }

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static MappedFile Open(string path)
    {
        if (RealPath.Length(path) == 0)
        {
            return new(null, 0);
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        var length = file.Length;

        using var map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        return new(map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read), length); // which keeps the map
    }

    public override int Read(Span<byte> buffer)
    {
        var count = (int)Math.Clamp(Length - _position, 0, buffer.Length);
        if (count > 0)
        {
            _view!.SafeMemoryMappedViewHandle.ReadSpan((ulong)(_view.PointerOffset + _position), buffer[..count]);
            _position += count;
        }

        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) =>
        Position = offset + origin switch { SeekOrigin.Begin => 0, SeekOrigin.Current => _position, _ => Length };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException("The file is open for reading.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("The file is open for reading.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _view?.Dispose();
        }

        base.Dispose(disposing);
    }
}
