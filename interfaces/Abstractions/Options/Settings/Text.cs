namespace Orleans.Kpl.Settings;

/// <summary>Text of at most 2,048 characters without control characters; empty text is none.</summary>
/// <param name="range">The allowed text, in human-readable form.</param>
/// <param name="allows">A further check of the text; null to allow any.</param>
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
