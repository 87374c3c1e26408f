namespace Orleans.Kpl.Metrics.Datadog;

/// <summary>How Datadog is reached: the settings, and Datadog's own variables where there are none.</summary>
/// <param name="Address">Where calls go.</param>
/// <param name="ApiKey">The key, which is shown nowhere.</param>
internal sealed record DatadogAccess(Uri Address, string ApiKey)
{
    private const string KeyVariable = "DD_API_KEY";
    private const string SiteVariable = "DD_SITE";
    private const string DefaultSite = "datadoghq.com";

    /// <summary>Finds out how.</summary>
    /// <param name="variable">Reads a variable of the environment.</param>
    /// <exception cref="KplOptionsException">There is no key, or a variable cannot work.</exception>
    public static DatadogAccess Resolve(MetricsOptions options, Func<string, string?> variable)
    {
        List<string> errors = [];
        var key = options.DatadogApiKey is { Length: > 0 } own ? own : ValueOf(KeyVariable);
        if (key is null)
            errors.Add($"Kpl:Metrics:Sinks has 'Datadog', and neither Kpl:Metrics:DatadogApiKey nor {KeyVariable} has a key for it");
        else if (!key.All(static c => c is > ' ' and <= '~'))
            errors.Add($"{KeyVariable} has a value that is not allowed: visible ASCII characters");
        var site = options.DatadogSite is { Length: > 0 } named ? named : options.DatadogUrl is null ? ValueOf(SiteVariable) ?? DefaultSite : DefaultSite;
        if (Uri.CheckHostName(site) is not (UriHostNameType.Dns or UriHostNameType.IPv4))
            errors.Add($"{SiteVariable} is '{site}': a host name, such as datadoghq.eu");
        return errors.Count == 0 ? new DatadogAccess(options.DatadogUrl ?? new Uri($"https://api.{site}"), key!) : throw new KplOptionsException(errors);

        string? ValueOf(string name) => variable(name)?.Trim() is { Length: > 0 } text ? text : null;
    }

    /// <summary>Returns a text without the key.</summary>
    public string Redact(string text) => text.Replace(ApiKey, "***", StringComparison.Ordinal);

    /// <summary>Tells the address alone.</summary>
    public override string ToString() => Address.ToString();
}
