namespace Microsoft.ML.Grpo;

/// <content>Files that other programs load.</content>
public sealed partial class GrpoTransformer
{
    /// <summary>
    /// Writes the policy as a Hugging Face model directory, which transformers loads as it is: config, weights,
    /// tokenizer and chat template. An adapter is merged into the weights. Files are written under a temporary name first: a new
    /// directory is complete or not there at all. In one that exists nothing changes until all is written; should a rename then
    /// fail, or the process end, some of its files are new and some old.
    /// </summary>
    /// <param name="directory">
    /// Where to; made if it is not there. Of a model that is in it, all files are replaced or removed, other forms of its weights
    /// included, but for a GGUF file, which no loader looks at beside a <c>config.json</c>; files that no model has stay. One that holds an adapter is refused.
    /// </param>
    /// <param name="type">
    /// The number type of the weights in the file; <see langword="null"/> for that of the files that the model came from: what their
    /// <c>config.json</c> says, or float32 for a quantised GGUF file. In a narrower type than float32 a part of what was learned is rounded away.
    /// </param>
    /// <returns>
    /// What rounding did: the share of the changed weights that are still changed, and how far log-probs move. The log has it too. To measure
    /// that, a second model is in memory for a moment, unless the weights are saved as they are.
    /// </returns>
    /// <exception cref="InvalidOperationException">A weight is beyond the range of <paramref name="type"/>; nothing was written.</exception>
    /// <exception cref="IOException">
    /// The disk is full, the place cannot be written to, or it holds an adapter, which loaders would put on top of the model. What was
    /// there before is untouched, unless the message says that some files are new and some old.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed.</exception>
    public SavedWeights SavePretrained(string directory, WeightType? type = null)
    {
        using var turn = _turns.Take();
        ThrowIfDisposed();
        return Told(_generator.SavePretrained(directory, type));
    }

    /// <summary>
    /// Writes the policy as a GGUF file, which llama.cpp and its server load as it is: shape, weights, tokenizer and chat template. An adapter
    /// is merged into the weights. The file is written under a temporary name and renamed when it is whole. What rounding to a narrower type
    /// takes, <see cref="SavePretrained"/> says of the same type.
    /// </summary>
    /// <param name="path">The file; missing directories are made. By custom its name ends in <c>.gguf</c>; without that ending it is the model's name in llama.cpp's listings.</param>
    /// <param name="options">Number type and names of tokens; <see langword="null"/> for the defaults: float32, and the tokenizer's own names.</param>
    /// <exception cref="NotSupportedException">
    /// llama.cpp's architecture of the model's family has no place for something in the model, or GGUF has no words for what its tokenizer does; the message names it.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">llama.cpp has no such number type.</exception>
    /// <exception cref="InvalidOperationException">A weight is beyond the type's range. What was there before is untouched.</exception>
    /// <exception cref="IOException">The disk is full, or the place cannot be written to. What was there before is untouched.</exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed.</exception>
    public void SaveGguf(string path, GgufOptions? options = null)
    {
        using var turn = _turns.Take();
        ThrowIfDisposed();
        _generator.SaveGguf(path, options ?? new());
    }

    /// <summary>
    /// Writes the policy's adapter as a PEFT directory, which Python's <c>peft</c> loads onto the model that was adapted, and which
    /// <see cref="LoraOptions.AdapterPath"/> takes: <c>adapter_config.json</c>, and <c>adapter_model.safetensors</c>. A new
    /// directory is complete or not there at all. In one that exists nothing changes until all is written; should replacing then fail,
    /// <c>adapter_config.json</c> is missing, so that no half of an adapter loads. As the name of the model that was adapted it gives the one
    /// that the adapter's own directory gave, or <see cref="GrpoOptions.ModelPath"/>, or none if the model came from elsewhere.
    /// </summary>
    /// <param name="directory">
    /// Where to; made if it is not there. An adapter that is in it is replaced, and other forms of its weights
    /// (<c>adapter_model.bin</c>, shards) are removed. One that holds a model is refused.
    /// </param>
    /// <param name="type">The number type of the matrices in the file. In a narrower type than float32 they are rounded.</param>
    /// <returns>How far log-probs move by rounding. The log has it too.</returns>
    /// <exception cref="InvalidOperationException">The policy has no adapter, or a number of it is beyond the range of <paramref name="type"/>.</exception>
    /// <exception cref="IOException">
    /// The disk is full, the place cannot be written to, or it holds a model (<c>config.json</c>). What was there before is untouched,
    /// unless the message says that some files are new and some old.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed.</exception>
    public SavedWeights SaveAdapter(string directory, WeightType type = WeightType.Float32)
    {
        using var turn = _turns.Take();
        ThrowIfDisposed();
        return Told(_generator.SaveAdapter(directory, type));
    }

    /// <summary>
    /// Writes the policy's adapter as a GGUF file in float32, which llama.cpp's <c>--lora</c> puts beside the weights of the model that was
    /// adapted. The file is written under a temporary name and renamed when it is whole.
    /// </summary>
    /// <param name="path">The file; missing directories are made.</param>
    /// <exception cref="InvalidOperationException">The policy has no adapter.</exception>
    /// <exception cref="NotSupportedException">llama.cpp does not know the architecture, or the adapter is on a head that is the embedding.</exception>
    /// <exception cref="IOException">The disk is full, or the place cannot be written to. What was there before is untouched.</exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed.</exception>
    public void SaveAdapterGguf(string path)
    {
        using var turn = _turns.Take();
        ThrowIfDisposed();
        _generator.SaveAdapterGguf(path);
    }

    private SavedWeights Told(SavedWeights saved)
    {
        using var channel = _host.Start("Save");
        var logger = new ChannelLogger(channel);
        if (saved.SurvivingShare < 0.5)
        {
            RunLog.MostRoundedAway(logger, saved.ToString());
        }
        else
        {
            RunLog.Saved(logger, saved.ToString());
        }

        return saved;
    }
}
