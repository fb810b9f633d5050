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

    /// <summary>Text with numbers as code spells them, whatever the culture.</summary>
    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
