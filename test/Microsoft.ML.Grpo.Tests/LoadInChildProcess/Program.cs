// Usage: LoadInChildProcess MODEL.zip PROMPT...
//
// Loads a model as a program does that knows ML.NET only: nothing here touches the library before Model.Load does.
// The library is deployed beside it, as it would be through a package.
using Microsoft.ML;

const string Library = "Microsoft.ML.Grpo";

Console.WriteLine($"library loaded before: {IsLoaded()}");
var ml = new MLContext();
var model = ml.Model.Load(args[0], out _);
Console.WriteLine($"library loaded after: {IsLoaded()}");
Console.WriteLine($"model: {model.GetType().FullName}");
var output = model.Transform(ml.Data.LoadFromEnumerable(args[1..].Select(prompt => new Row { Prompt = prompt })));
foreach (var row in ml.Data.CreateEnumerable<Row>(output, reuseRowObject: false))
{
    Console.WriteLine($"{row.Prompt} -> {Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(row.Completion))} {row.LogProb:R} {row.Reason}");
}

static bool IsLoaded() => AppDomain.CurrentDomain.GetAssemblies().Any(assembly => assembly.GetName().Name == Library);

internal sealed class Row
{
    public string Prompt { get; set; } = "";

    public string Completion { get; set; } = "";

    public float LogProb { get; set; }

    public string Reason { get; set; } = "";
}
