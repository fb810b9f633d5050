using System.Text;

namespace Microsoft.ML.Grpo;

/// <summary>UTF-8 that throws where bytes are no text, and not a U+FFFD in their place.</summary>
internal static class StrictUtf8
{
    public static UTF8Encoding Encoding { get; } = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
