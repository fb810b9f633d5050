using Spectre.Console;

namespace RealModel;

/// <summary>What the run writes, and where it complains.</summary>
internal static class Outputs
{
    /// <summary>Where below --save the whole model goes.</summary>
    public const string Model = "model";

    /// <summary>Where the adapter goes.</summary>
    public const string Adapter = "adapter";

    /// <summary>Columns of what is no terminal: a step is a line, and no path is cut, in a file too.</summary>
    public const int Wide = 1000;

    public static IAnsiConsole Errors { get; } = ToErrors();

    /// <summary>Looks whether the model is there and nothing that is read would be overwritten, and tries whether files can be written. Leaves nothing.</summary>
    /// <exception cref="IOException">Something cannot be written, or must not be.</exception>
    public static void Check(RunSettings settings)
    {
        if (!File.Exists(settings.Model) && !Directory.Exists(settings.Model))
        {
            throw new FileNotFoundException($"--model {settings.Model} is not there. Give a Hugging Face model directory or a .gguf file.");
        }

        string[] read = [settings.Model, settings.Train, settings.Test];
        if (settings.Save is { } save)
        {
            var (model, adapter) = (Path.Combine(save, Model), Path.Combine(save, Adapter));
            Refuse("--save", save, read.Concat([settings.Result]).Any(path => path is not null && (Same(path, save) || Same(path, model) || Same(path, adapter))), "is read or written by another option, too");
            Refuse("--save", save, File.Exists(Path.Combine(model, "adapter_config.json")), $"holds an adapter in {Model}, which loaders would put on top of the model");
            Refuse("--save", save, settings.Lora && File.Exists(Path.Combine(adapter, "config.json")), $"holds a model in {Adapter}, which the adapter would change");
            Refuse("--save", save, File.Exists(save), "is a file, not a directory");
            Try("--save", save, save);
            foreach (var target in new[] { model, adapter })
            {
                Refuse("--save", save, File.Exists(target), $"holds a file called {Path.GetFileName(target)} where a directory belongs");
                if (Directory.Exists(target))
                {
                    Try("--save", save, target);
                }
            }
        }

        if (settings.Result is { } result)
        {
            Refuse("--result", result, read.Any(path => Same(path, result)), "is read by another option");
            Refuse("--result", result, Directory.Exists(result), "is a directory");
            Try("--result", result, Path.GetDirectoryName(result)!);
        }
    }

    /// <summary>Tells of what is there already.</summary>
    public static void Warn(RunSettings settings)
    {
        string?[] replaced = [settings.Save is { } save ? Path.Combine(save, Model) : null, settings.Save is { } and var folder && settings.Lora ? Path.Combine(folder, Adapter) : null, settings.Result];
        foreach (var path in replaced.Where(path => Path.Exists(path)))
        {
            Errors.MarkupLineInterpolated($"[yellow]'{path!}' is there already, and {(File.Exists(path) ? "" : "its files ")}will be replaced.[/]");
        }
    }

    private static IAnsiConsole ToErrors()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        if (Console.IsErrorRedirected)
        {
            console.Profile.Width = Wide;
        }

        return console;
    }

    private static bool Same(string left, string right) => string.Equals(
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(left)),
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(right)),
        OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);

    private static void Refuse(string option, string path, bool wrong, string why)
    {
        if (wrong)
        {
            throw new IOException($"{option} {path} {why}. Name another place.");
        }
    }

    /// <summary>Tries the directory, or the nearest above it that is there; the others are made when there is something to put into them.</summary>
    private static void Try(string option, string path, string directory)
    {
        var there = directory;
        while (!Directory.Exists(there) && !File.Exists(there) && Path.GetDirectoryName(there) is { } above)
        {
            there = above;
        }

        try
        {
            var probe = Path.Combine(there, $".{Guid.NewGuid():N}.tmp");
            File.WriteAllText(probe, "");
            File.Delete(probe);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{option} {path} cannot be made: '{there}' is no directory that can be written to. Name another place.", cause);
        }
    }
}
