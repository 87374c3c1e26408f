namespace Orleans.Kpl.Glue.Setup;

/// <summary>The ranges of a registry's settings.</summary>
internal static class GlueOptionsCheck
{
    private const int MostTags = 50;
    private const int LongestDescription = 2_048;

    /// <summary>Glue keeps ten notes about a version, and the stream is one (AWS Glue API, PutSchemaVersionMetadata).</summary>
    private const int MostNotes = 9;

    /// <summary>Returns every error: setting, value, what is allowed.</summary>
    public static IEnumerable<string> Errors(GlueOptions options)
    {
        if (options.RegistryName is not { } registry || !GlueSchema.IsName(registry))
            yield return Bad("RegistryName", options.RegistryName, GlueSchema.NameRule);
        if (options.SchemaName is { } name && !GlueSchema.IsName(name))
            yield return Bad("SchemaName", name, GlueSchema.NameRule);
        if (options.Region is { } region
            && (region.Length is 0 or > 64 || !region.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')))
            yield return Bad("Region", region, "allowed are lower-case letters, digits and '-', at most 64");
        if (options.EndpointUrl is { } endpoint && !IsWeb(endpoint))
            yield return Bad("EndpointUrl", endpoint, "allowed is an http or https address without a query");
        if (options.ProxyUrl is { } proxy && !IsWeb(proxy))
            yield return Bad("ProxyUrl", proxy.IsAbsoluteUri ? $"{proxy.Scheme}://{proxy.Authority}" : proxy, "allowed is an http or https address");
        if (!Enum.IsDefined(options.Compression))
            yield return Bad("Compression", options.Compression, "allowed are None and Zlib");
        if (!Enum.IsDefined(options.Compatibility))
            yield return Bad("Compatibility", options.Compatibility, $"allowed are {string.Join(", ", Enum.GetNames<GlueCompatibility>())}");
        if (options.Description?.Length > LongestDescription)
            yield return Bad("Description", $"{options.Description.Length} characters", $"allowed are {LongestDescription}");
        if (options.Tags is null || options.Tags.Count > MostTags)
            yield return Bad("Tags", options.Tags?.Count, $"allowed are {MostTags} at most");
        if (options.Metadata is null || options.Metadata.Count > MostNotes)
            yield return Bad("Metadata", options.Metadata?.Count, $"allowed are {MostNotes} at most");
        if (options.CacheTimeToLive < TimeSpan.FromSeconds(1) || options.CacheTimeToLive > TimeSpan.FromDays(365))
            yield return Bad("CacheTimeToLive", options.CacheTimeToLive, "allowed is 1 second to 365 days");
        if (options.CacheSize is < 1 or > 100_000)
            yield return Bad("CacheSize", options.CacheSize, "allowed is 1 to 100000");
        if (options.MaxWait < TimeSpan.FromSeconds(1) || options.MaxWait > TimeSpan.FromMinutes(10))
            yield return Bad("MaxWait", options.MaxWait, "allowed is 1 second to 10 minutes");
        if (options.MaxWaitingBytes is < 1L << 20 or > 16L << 30)
            yield return Bad("MaxWaitingBytes", options.MaxWaitingBytes, "allowed is 1 MiB to 16 GiB");
    }

    private static bool IsWeb(Uri address) => address is { IsAbsoluteUri: true, Scheme: "http" or "https" } && address.Query.Length == 0;

    private static string Bad(string setting, object? value, string rule) => $"{nameof(GlueOptions)}.{setting} is '{value}': {rule}";
}
