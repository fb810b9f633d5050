namespace Microsoft.ML.Grpo;

/// <summary>Gives a policy's network the adapter that the options ask for: none, one of a directory, or a new one.</summary>
internal static class PolicyAdapter
{
    /// <summary>Attaches the adapter of <see cref="LoraOptions.AdapterPath"/>, if it is set: what completing prompts needs.</summary>
    /// <param name="network">The network.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="dropout">The adapter's dropout from now on; null: what its directory says.</param>
    /// <exception cref="GrpoOptionsException">The network has an adapter already.</exception>
    public static void Read(CausalLM network, GrpoOptions options, double? dropout = null)
    {
        if (options.Lora?.AdapterPath is not { } path)
        {
            return;
        }

        CheckNone(network);
        network.Attach(PeftDirectory.Load(path, network, dropout));
    }

    /// <summary>Attaches the adapter that training is to go on with, or a new one; without <see cref="GrpoOptions.Lora"/> the network stays as it is.</summary>
    /// <exception cref="GrpoOptionsException">The network has an adapter already, a name means no layer of it, or another option does not go with the adapter.</exception>
    public static void Prepare(CausalLM network, GrpoOptions options, RunRandom random)
    {
        Read(network, options, options.Lora?.Dropout);
        if (options.Lora is { AdapterPath: null } lora)
        {
            CheckNone(network);
            network.Attach(LoraInitialization.Create(network, Layers(network, lora), lora.ToSettings(), random, options.InitialPolicy is null ? options.ModelPath : null));
        }

        CheckUse(network, options);
    }

    /// <summary>Looks whether the model's directory holds an adapter too, which to leave out unseen would be to load another model than meant.</summary>
    /// <exception cref="ModelFormatException">It holds both, and <see cref="LoraOptions.AdapterPath"/> is another.</exception>
    /// <exception cref="FileNotFoundException">It holds an adapter and no model.</exception>
    public static void CheckModelPath(GrpoOptions options)
    {
        if (options.ModelPath is not { } model || !File.Exists(Path.Combine(model, PeftNames.Config)))
        {
            return;
        }

        if (!File.Exists(Path.Combine(model, ModelFiles.Config)))
        {
            throw new FileNotFoundException(
                $"ModelPath '{model}' holds an adapter ({PeftNames.Config}) and no model. Set ModelPath to the directory of the model that it was trained on, and Lora.AdapterPath to this one.", Path.Combine(model, ModelFiles.Config));
        }

        if (options.Lora?.AdapterPath is not { } adapter || Full(adapter) != Full(model))
        {
            throw new ModelFormatException(
                Path.Combine(model, PeftNames.Config),
                "the directory that ModelPath names holds a model and an adapter, and which is meant is not clear. Set Lora.AdapterPath to this directory too if the adapter belongs on the model, or take adapter_config.json out if it does not.");
        }
    }

    private static string Full(string directory) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));

    private static void CheckUse(CausalLM network, GrpoOptions options)
    {
        if (network.Adapter is not null && options.Reference.SyncEverySteps is { } steps)
        {
            throw new GrpoOptionsException([OptionRule.Text(
                $"Reference.SyncEverySteps is {steps}, but InitialPolicy has an adapter, so that the reference is the model without it, into which nothing can be mixed: set Reference.SyncEverySteps = null, or save the policy with SavePretrained and set ModelPath to that directory in place of InitialPolicy.")]);
        }

        if (network.Adapter is { Settings.Dropout: > 0 and var share } adapter && adapter.Factors.ContainsKey(CausalLM.HeadLayer))
        {
            throw new GrpoOptionsException([OptionRule.Text(
                $"Lora.Dropout is {share}, but the adapter is on the head ({CausalLM.HeadLayer}) too, whose input has no dropout: set Lora.Dropout = 0, or leave {CausalLM.HeadLayer} out of Lora.TargetModules.")]);
        }
    }

    private static IReadOnlyList<string> Layers(CausalLM network, LoraOptions lora)
    {
        if (lora.TargetModules.Count == 0)
        {
            return LoraTargets.All(network);
        }

        string[] names = [.. lora.TargetModules];
        var unknown = LoraTargets.Unknown(network, names);
        return unknown.Count == 0
            ? LoraTargets.Named(network, names)
            : throw new GrpoOptionsException([$"Lora.TargetModules holds \"{string.Join("\", \"", unknown)}\", but the linear layers of the model are {LoraTargets.Describe(network)}: use those names, or leave the list empty for all but {CausalLM.HeadLayer}."]);
    }

    private static void CheckNone(CausalLM network)
    {
        if (network.Adapter is not null)
        {
            throw new GrpoOptionsException(["InitialPolicy has an adapter, and Lora asks for another on top of it: set Lora = null to go on training the one it has, or save the policy with SavePretrained, which merges it, and set ModelPath to that directory in place of InitialPolicy."]);
        }
    }
}
