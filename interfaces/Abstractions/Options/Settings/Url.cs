namespace Orleans.Kpl.Settings;

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
