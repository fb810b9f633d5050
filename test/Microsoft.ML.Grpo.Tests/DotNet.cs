using System.Diagnostics;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Runs the <c>dotnet</c> that runs the tests, in a process of its own.</summary>
internal static class DotNet
{
    /// <summary>Runs it to its end.</summary>
    /// <returns>Its exit code, and all that it wrote.</returns>
    internal static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
        };

        // What "dotnet test" tells its own children would steer a second MSBuild.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            _ = start.Environment.Remove(name);
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }
}
