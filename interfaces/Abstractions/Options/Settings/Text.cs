namespace Orleans.Kpl.Settings;

/// <summary>Text of at most 2,048 characters without control characters; empty text is none.</summary>
/// <param name="range">What is allowed, for people.</param>
/// <param name="allows">Which text is allowed beyond that; null for any.</param>
internal sealed class Text(string range = "", Func<string, bool>? allows = null) : SettingValue<string?>
{
    private const int MaxLength = 2_048;

    public override string Expected => "text";

    public override string Range => range;

    public override bool TryParse(string text, out string? value)
    {
        value = text.Length == 0 ? null : text;
        return true;
    }

    public override string Format(string? value) => value ?? "";

    public override bool IsAllowed(string? value) =>
        value is null || (value.Length is > 0 and <= MaxLength && !value.Any(char.IsControl) && (allows is null || allows(value)));
}
