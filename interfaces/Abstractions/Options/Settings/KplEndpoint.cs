namespace Orleans.Kpl.Settings;

/// <summary>KPL's settings for the endpoint.</summary>
internal sealed class KplEndpoint
{
    public string? Host { get; set; }

    public int Port { get; set; } = 443;

    public Uri? ToUrl() => Host is null ? null : new UriBuilder(Uri.UriSchemeHttps, Host, Port).Uri;
}
