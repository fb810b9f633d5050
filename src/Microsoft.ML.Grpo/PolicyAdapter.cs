namespace Microsoft.ML.Grpo;

/// <summary>Gives a policy's network the adapter that the options ask for: none, one of a directory, or a new one.</summary>
internal static class PolicyAdapter
{
    /// <summary>Attaches the adapter of <see cref="LoraOptions.AdapterPath"/>, if it is set: what completing prompts needs.</summary>
    /// <param name="network">The network.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="dropout">The adapter's dropout from now on; null: what its directory says.</param>
    public static void Read(CausalLM network, GrpoOptions options, double? dropout = null)
    {
        if (options.Lora?.AdapterPath is not { } path)
        {
            return;
        }

        network.Attach(PeftDirectory.Load(path, network, dropout));
    }

    /// <summary>Attaches the adapter that training is to go on with, or a new one; without <see cref="GrpoOptions.Lora"/> the network stays as it is.</summary>
    /// <exception cref="GrpoOptionsException">A name means no layer of the network, or the directory's adapter has dropout and is on the head.</exception>
    public static void Prepare(CausalLM network, GrpoOptions options, RunRandom random)
    {
        Read(network, options, options.Lora?.Dropout);
        if (options.Lora is { AdapterPath: null } lora)
        {
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

    // Of all other adapters the rules for options tell it before a model is read.
    private static void CheckUse(CausalLM network, GrpoOptions options)
    {
        if (AdapterFacts.Of(network) is { OnHead: true, Settings.Dropout: > 0 and var share })
        {
            throw new GrpoOptionsException([OptionRule.Text(
                $"Lora.AdapterPath is \"{options.Lora?.AdapterPath}\", an adapter on the head ({CausalLM.HeadLayer}), and the dropout is {share}, but the head's input has no dropout: set Lora.Dropout = 0.")]);
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
}
