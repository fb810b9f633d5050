using Spectre.Console;

namespace QuickStart;

/// <summary>The files that the job writes, and where it complains.</summary>
internal static class Outputs
{
    public static IAnsiConsole Errors { get; } = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <summary>Makes the directories, and tries whether files can be written there.</summary>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Check(string save, string? result)
    {
        Try("--save", save);
        if (result is not null)
        {
            Try("--result", result);
        }
    }

    private static void Try(string option, string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                throw new IOException("it is a directory");
            }

            var directory = Path.GetDirectoryName(path)!;
            Directory.CreateDirectory(directory);
            var probe = Path.Combine(directory, $".{Guid.NewGuid():N}.tmp");
            File.WriteAllText(probe, "");
            File.Delete(probe);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{option} {path} cannot be written ({cause.Message}). Name another file.", cause);
        }
    }
}
