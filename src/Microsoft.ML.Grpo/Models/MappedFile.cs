using System.IO.MemoryMappedFiles;

namespace Microsoft.ML.Grpo;

/// <summary>
/// A file as a stream over its pages in the page cache, so that what is read is not copied a second time. The map lasts as long
/// as the stream. As with every map, a file that another program cuts short meanwhile ends the process; files written
/// here are renamed into place and never cut.
/// </summary>
internal static class MappedFile
{
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static Stream Open(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        if (file.Length == 0)
        {
            return file; // nothing can be mapped
        }

        var length = file.Length;
        using var map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        return map.CreateViewStream(0, length, MemoryMappedFileAccess.Read);
    }
}
