using System.Globalization;

namespace Orleans.Kpl.Kinesis.Putting;

/// <summary>
/// Collects the members of a request that break the rules of Kinesis' model, and refuses the request with all of them, in the service's words.
/// </summary>
internal struct ModelRules
{
    /// <summary>One bad record more changes nothing for a client, and a message must not grow with the request.</summary>
    private const int MostTold = 10;

    /// <summary>So much of a wrong value is told: a key of a whole body would be copied into several messages.</summary>
    private const int LongestValue = 512;

    private List<string>? _errors;

    public void Required(string member, bool isThere)
    {
        if (!isThere)
            Add($"Value null at '{member}' failed to satisfy constraint: Member must not be null");
    }

    public void Length(string member, string value, int length, int least, int most)
    {
        if (length < least)
            Fail(member, value, string.Create(CultureInfo.InvariantCulture, $"Member must have length greater than or equal to {least}"));
        if (length > most)
            Fail(member, value, string.Create(CultureInfo.InvariantCulture, $"Member must have length less than or equal to {most}"));
    }

    public void Range(string member, long? value, long least, long most)
    {
        var text = value?.ToString(CultureInfo.InvariantCulture) ?? "";
        if (value < least)
            Fail(member, text, string.Create(CultureInfo.InvariantCulture, $"Member must have value greater than or equal to {least}"));
        if (value > most)
            Fail(member, text, string.Create(CultureInfo.InvariantCulture, $"Member must have value less than or equal to {most}"));
    }

    public void Pattern(string member, string value, bool fits, string pattern)
    {
        if (!fits)
            Fail(member, value, $"Member must satisfy regular expression pattern: {pattern}");
    }

    public void OneOf(string member, string? value, params ReadOnlySpan<string> allowed)
    {
        if (value is not null && !allowed.Contains(value))
            Fail(member, value, $"Member must satisfy enum value set: [{string.Join(", ", allowed)}]");
    }

    /// <exception cref="FrontException">Some member breaks a rule.</exception>
    public readonly void ThrowIfAny()
    {
        if (_errors is not null)
            throw FrontErrors.Validation(_errors);
    }

    /// <summary>Whether the digits are a number as the model writes it: without a sign, and with no zero in front.</summary>
    public static bool IsNumber(string digits, int most) =>
        digits.Length >= 1 && digits.Length <= most && digits.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0 && (digits.Length == 1 || digits[0] != '0');

    private void Fail(string member, string value, string constraint) =>
        Add($"Value '{Cut(value)}' at '{member}' failed to satisfy constraint: {constraint}");

    private static string Cut(string value)
    {
        if (value.Length <= LongestValue)
            return value;
        var end = char.IsHighSurrogate(value[LongestValue - 1]) ? LongestValue - 1 : LongestValue;
        return $"{value.AsSpan(0, end)}…";
    }

    private void Add(string error)
    {
        _errors ??= [];
        if (_errors.Count < MostTold)
            _errors.Add(error);
    }
}
