using Spectre.Console;

namespace RealModel;

/// <summary>What the run writes, and where it complains.</summary>
internal static class Outputs
{
    public static IAnsiConsole Errors { get; } = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <summary>Makes the directories, and tries whether files can be written there.</summary>
    /// <exception cref="IOException">One cannot be written to.</exception>
    public static void Check(string? save, string? result)
    {
        if (save is not null)
        {
            Try("--save", save, save);
        }

        if (result is not null)
        {
            Try("--result", result, Path.GetDirectoryName(result)!);
        }
    }

    private static void Try(string option, string path, string directory)
    {
        try
        {
            if (path != directory && Directory.Exists(path))
            {
                throw new IOException("it is a directory");
            }

            Directory.CreateDirectory(directory);
            var probe = Path.Combine(directory, $".{Guid.NewGuid():N}.tmp");
            File.WriteAllText(probe, "");
            File.Delete(probe);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{option} {path} cannot be written ({cause.Message}). Name another place.", cause);
        }
    }
}
