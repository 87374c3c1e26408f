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

/// <summary>An address of a server.</summary>
internal sealed class Url : SettingValue<Uri?>
{
    public override string Expected => "a URL such as http://127.0.0.1:4567";

    public override string Range => "http:// or https://, without user, query or fragment";

    public override bool TryParse(string text, out Uri? value)
    {
        value = null;
        return text.Length == 0 || Uri.TryCreate(text.Trim(), UriKind.Absolute, out value);
    }

    public override string Format(Uri? value) => value?.OriginalString ?? "";

    public override bool IsAllowed(Uri? value) => value is null || (value.IsAbsoluteUri
        && (value.Scheme == Uri.UriSchemeHttp || value.Scheme == Uri.UriSchemeHttps)
        && value is { UserInfo: "", Query: "", Fragment: "" });
}
