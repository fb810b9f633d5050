// Usage: ExposeTypes INPUT.dll OUTPUT.dll TYPE...
//
// Copies an assembly, making the named internal types public in the copy. Only the compiler ever sees the copy: it
// lets our source name ML.NET's LoadableClassAttribute, without which a model cannot be loaded by ML.NET's own
// Model.Load. At run time the unchanged assembly is used, and IgnoresAccessChecksTo keeps the attribute readable.
using Microsoft.ML.Grpo.Build;

if (args.Length < 3)
{
    Console.Error.WriteLine("error : usage: ExposeTypes INPUT.dll OUTPUT.dll TYPE...");
    return 2;
}

try
{
    var exposed = TypeExposer.Expose(await File.ReadAllBytesAsync(args[0]), args[2..]);
    Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(args[1]))!);
    var temporary = $"{args[1]}.{Environment.ProcessId}.tmp";
    await File.WriteAllBytesAsync(temporary, exposed);
    File.Move(temporary, args[1], overwrite: true);
    return 0;
}
catch (Exception e) when (e is IOException or BadImageFormatException or InvalidDataException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"error : ExposeTypes could not make '{args[1]}' from '{args[0]}': {e.Message}");
    return 1;
}
