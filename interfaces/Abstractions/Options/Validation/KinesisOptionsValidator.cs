namespace Orleans.Kpl.Validation;

/// <summary>
/// Checks that the settings for reaching Kinesis are consistent: credentials are complete, and no setting is silently without effect.
/// </summary>
internal static class KinesisOptionsValidator
{
    public static IEnumerable<OptionsFinding> Check(KinesisOptions options)
    {
        var hasKey = !string.IsNullOrEmpty(options.AccessKeyId);
        var hasSecret = !string.IsNullOrEmpty(options.SecretAccessKey);
        if (hasKey && !hasSecret)
            yield return OptionsFinding.Error("Kinesis:AccessKeyId", "is set without Kpl:Kinesis:SecretAccessKey");
        if (hasSecret && !hasKey)
            yield return OptionsFinding.Error("Kinesis:SecretAccessKey", "is set without Kpl:Kinesis:AccessKeyId");
        if (!string.IsNullOrEmpty(options.SessionToken) && !hasKey)
            yield return OptionsFinding.Error("Kinesis:SessionToken", "is set without Kpl:Kinesis:AccessKeyId");
        if (!string.IsNullOrEmpty(options.Profile) && hasKey)
            yield return OptionsFinding.Warning("Kinesis:Profile", "has no effect beside Kpl:Kinesis:AccessKeyId");

        if (options.Credentials is not null && hasKey)
            yield return OptionsFinding.Error("Kinesis:AccessKeyId", "is set beside KinesisOptions.Credentials: give one of them");
        if (options.Credentials is not null && !string.IsNullOrEmpty(options.Profile))
            yield return OptionsFinding.Error("Kinesis:Profile", "is set beside KinesisOptions.Credentials: give one of them");

        var hasProxy = !string.IsNullOrEmpty(options.ProxyHost);
        if (!string.IsNullOrEmpty(options.ProxyUserName) && !hasProxy)
            yield return OptionsFinding.Warning("Kinesis:ProxyUserName", "has no effect without Kpl:Kinesis:ProxyHost");
        if (!string.IsNullOrEmpty(options.ProxyPassword) && string.IsNullOrEmpty(options.ProxyUserName))
            yield return OptionsFinding.Warning("Kinesis:ProxyPassword", "has no effect without Kpl:Kinesis:ProxyUserName");

        if (options.EndpointUrl is { IsAbsoluteUri: true, Scheme: "http", IsLoopback: false })
            yield return OptionsFinding.Warning("Kinesis:EndpointUrl", "is http and not on this machine: records and session tokens are sent in clear");
        if (!options.VerifyCertificate)
            yield return OptionsFinding.Warning("Kinesis:VerifyCertificate", "is false: anybody on the way can take the endpoint's place, and read the records");
        if (!options.VerifyCertificate && !string.IsNullOrEmpty(options.CaCertFile))
            yield return OptionsFinding.Warning("Kinesis:CaCertFile", "has no effect while Kpl:Kinesis:VerifyCertificate is false");
        if (!options.VerifyCertificate && !string.IsNullOrEmpty(options.CaCertPath))
            yield return OptionsFinding.Warning("Kinesis:CaCertPath", "has no effect while Kpl:Kinesis:VerifyCertificate is false");
    }
}
