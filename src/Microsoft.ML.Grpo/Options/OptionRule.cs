using System.Globalization;

namespace Microsoft.ML.Grpo;

/// <summary>One thing that must not be: when it is, and what to say then.</summary>
/// <param name="Option">The option it is about, as a user writes it: <c>Sampling.TopP</c>.</param>
/// <param name="IsBroken">Whether the options break it; must not throw, whatever other rules they break.</param>
/// <param name="Message">Option, value, range and remedy.</param>
internal sealed record OptionRule(string Option, Func<GrpoOptions, bool> IsBroken, Func<GrpoOptions, string> Message)
{
    /// <summary>The option is null or, being a whole number, in range.</summary>
    public static OptionRule AtLeast(string option, Func<GrpoOptions, int?> read, int minimum, string remedy) =>
        new(option, o => read(o) < minimum, o => Text($"{option} is {read(o)}, but must be {minimum} or more: {remedy}."));

    /// <summary>The option is null or satisfies <paramref name="inRange"/>, which is false for NaN, and is finite.</summary>
    public static OptionRule Real(string option, Func<GrpoOptions, double?> read, Func<double, bool> inRange, string range, string remedy) =>
        new(
            option,
            o => read(o) is { } value && !(double.IsFinite(value) && inRange(value)),
            o => Text($"{option} is {read(o)}, but must be {range}: {remedy}."));

    /// <summary>The option is a declared member of its enumeration.</summary>
    public static OptionRule Known<TEnum>(string option, Func<GrpoOptions, TEnum> read)
        where TEnum : struct, Enum =>
        new(
            option,
            o => !Enum.IsDefined(read(o)),
            o => Text($"{option} is {read(o)}, which is no {typeof(TEnum).Name}: use {string.Join(" or ", Enum.GetNames<TEnum>())}."));

    /// <summary>The option is null, or something reads it.</summary>
    /// <param name="option">The option.</param>
    /// <param name="set">Its value if it was set, else null.</param>
    /// <param name="idle">When nothing reads it, why, a colon and what to set instead; else null.</param>
    /// <param name="off">The value that says nothing.</param>
    public static OptionRule NoEffect(string option, Func<GrpoOptions, object?> set, Func<GrpoOptions, string?> idle, string off = "null") =>
        new(
            option,
            o => set(o) is not null && idle(o) is not null,
            o => $"{option} is {(set(o) is bool flag ? (flag ? "true" : "false") : Text($"{set(o)}"))}, but has no effect {idle(o)}, or {option} = {off}.");

    /// <summary>The value if it is another than the default, as <see cref="NoEffect"/> reads it; else null.</summary>
    public static object? Changed<T>(T value, T usual) => EqualityComparer<T>.Default.Equals(value, usual) ? null : value is null ? "null" : value;

    /// <summary>Which options, if any, make the sampler draw from a part of the distribution.</summary>
    public static string Truncations(SamplingOptions sampling) => Those(
        sampling.TopK is null ? null : Text($"Sampling.TopK = {sampling.TopK}"),
        sampling.TopP is null or 1 ? null : Text($"Sampling.TopP = {sampling.TopP}"),
        sampling.MinP is null or 0 ? null : Text($"Sampling.MinP = {sampling.MinP}"));

    /// <summary>Those that are not null, with commas between them.</summary>
    public static string Those(params string?[] options) => string.Join(", ", options.OfType<string>());

    /// <summary>Whether a name is missing.</summary>
    public static bool Blank(string? text) => string.IsNullOrWhiteSpace(text);

    /// <summary>Text with numbers as code spells them, whatever the culture.</summary>
    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
