using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Grpo;


// What makes a plain mlContext.Model.Load(path) find us. The attribute is internal to ML.NET: see
// build/ExposeTypes.targets for how the compiler comes to see it.
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: LoadableClass(typeof(GrpoTransformer), null, typeof(SignatureLoadModel), GrpoTransformer.UserName, GrpoTransformer.LoaderSignature)]
