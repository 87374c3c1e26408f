using System.Globalization;
using System.Numerics;

namespace Orleans.Kpl;

/// <summary>Explicit hash keys as text: decimal numbers from 0 to 2^128 − 1 (AWS API reference, PutRecord).</summary>
public static class ExplicitHashKey
{
    /// <summary>Parses a hash key as KPL does: surrounding blanks, a plus sign and leading zeros are accepted.</summary>
    /// <exception cref="RecordValidationException">The text is not a whole number from 0 to 2^128 − 1.</exception>
    public static UInt128 Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out var value, out var error)
            ? value
            : throw new RecordValidationException(RecordErrorCodes.InvalidExplicitHashKey, error);
    }

    /// <summary>Parses a hash key; false, with the reason, when the text is not a hash key.</summary>
    public static bool TryParse(string text, out UInt128 value, [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out string? error)
    {
        error = null;
        if (UInt128.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out value))
            return true;

        error = text is { Length: <= 1024 } && BigInteger.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out _)
            ? "explicit hash key must be between 0 and 340282366920938463463374607431768211455 (2^128 - 1)"
            : "explicit hash key must be a decimal whole number between 0 and 2^128 - 1";
        return false;
    }
}
