using System.CommandLine;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>Compares our results with folders of reference data; each kind of data is a command of its own.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        var root = new RootCommand("Compares results of Microsoft.ML.Grpo with reference data.")
        {
            ModelsCommand.Create(), ObjectiveCommand.Create(), AdvantagesCommand.Create(), LoraCommand.Create(), TrainingCommand.Create(),
            TextCommand.Create(), GgufCommand.Create(), TasksCommand.Create(),
        };
        return root.Parse(arguments).Invoke();
    }
}
