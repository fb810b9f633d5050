// Usage: LoadInChildProcess MODEL.zip PROMPT...
//
// Loads a model as a program does that knows ML.NET only: nothing here touches the library before Model.Load does.
// The library is deployed beside it, as it would be through a package.
using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Grpo.Tests;

const string Library = "Microsoft.ML.Grpo";

// The tests' stand-in policy has to be known to the library; ML.NET has loaded the library by itself when this runs.
AppDomain.CurrentDomain.AssemblyLoad += (_, loaded) =>
{
    if (loaded.LoadedAssembly.GetName().Name == Library)
    {
        KnowStandIn();
    }
};

Console.WriteLine($"library loaded before: {IsLoaded()}");
var ml = new MLContext();
var model = ml.Model.Load(args[0], out _);
Console.WriteLine($"library loaded after: {IsLoaded()}");
Console.WriteLine($"model: {model.GetType().FullName}");
var output = model.Transform(ml.Data.LoadFromEnumerable(args[1..].Select(prompt => new Row { Prompt = prompt })));
foreach (var row in ml.Data.CreateEnumerable<Row>(output, reuseRowObject: false))
{
    Console.WriteLine($"{row.Prompt} -> {row.Completion}");
}

static bool IsLoaded() => AppDomain.CurrentDomain.GetAssemblies().Any(assembly => assembly.GetName().Name == Library);

[MethodImpl(MethodImplOptions.NoInlining)]
static void KnowStandIn() => RuntimeHelpers.RunClassConstructor(typeof(UpperCaseGenerator).TypeHandle);

internal sealed class Row
{
    public string Prompt { get; set; } = "";

    public string Completion { get; set; } = "";
}
