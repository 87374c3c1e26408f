using System.Net;

namespace Orleans.Kpl.Validation;

/// <summary>
/// Checks that the settings for joining a cluster are consistent: ports differ, addresses can be reached, credentials are complete.
/// </summary>
internal static class MembershipValidator
{
    public static IEnumerable<OptionsFinding> Check(KplClusterOptions options)
    {
        if (options.SiloPort == options.GatewayPort && options.SiloPort != 0)
            yield return OptionsFinding.Error("Cluster:GatewayPort", $"is '{options.GatewayPort}': it must differ from Kpl:Cluster:SiloPort");

        var address = IPAddress.TryParse(options.AdvertisedAddress, out var parsed) ? parsed : null;
        if (address is not null && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)))
            yield return OptionsFinding.Error("Cluster:AdvertisedAddress", $"is '{address}': it must be an address that others can reach");
        else if (options.Membership == ClusterMembership.Localhost && options.AdvertisedAddress is { } text
            && !(address is not null ? IPAddress.IsLoopback(address) : text == "localhost"))
            yield return OptionsFinding.Error("Cluster:AdvertisedAddress", $"is '{text}': with Kpl:Cluster:Membership localhost it must be this machine's loopback");

        foreach (var finding in CheckTls(options))
            yield return finding;
        foreach (var finding in CheckDynamoDb(options.DynamoDb, isUsed: options.Membership == ClusterMembership.DynamoDb))
            yield return finding;
    }

    private static IEnumerable<OptionsFinding> CheckTls(KplClusterOptions options)
    {
        (string Setting, string? Value)[] beside =
        [
            ("Cluster:CertificateKeyFile", options.CertificateKeyFile), ("Cluster:SiloCaCertFile", options.SiloCaCertFile),
            ("Cluster:ClientCaCertFile", options.ClientCaCertFile), ("Cluster:SiloNames", options.SiloNames.Count > 0 ? "" : null),
            ("Cluster:ClientNames", options.ClientNames.Count > 0 ? "" : null),
        ];
        if (options.CertificateFile is not null && options.SiloCaCertFile is null)
            yield return OptionsFinding.Error("Cluster:SiloCaCertFile", "is not set: with Kpl:Cluster:CertificateFile it names the roots that sign silos");
        foreach (var (setting, value) in beside)
        {
            if (options.CertificateFile is null && value is not null)
                yield return OptionsFinding.Error(setting, "needs Kpl:Cluster:CertificateFile, which is not set");
        }
        if (options is { CertificateFile: not null, ClientCaCertFile: null, ClientNames.Count: > 0 })
            yield return OptionsFinding.Warning("Cluster:ClientNames", "has no effect without Kpl:Cluster:ClientCaCertFile");
        if (options is { CertificateFile: null, AdminKeyFile: not null })
            yield return OptionsFinding.Warning("Cluster:AdminKeyFile", "has no effect without Kpl:Cluster:CertificateFile");
        if (options is { CertificateFile: not null, AllowPlaintext: true })
            yield return OptionsFinding.Warning("Cluster:AllowPlaintext", "has no effect beside Kpl:Cluster:CertificateFile");
    }

    private static IEnumerable<OptionsFinding> CheckDynamoDb(KplDynamoDbOptions options, bool isUsed)
    {
        var hasKey = !string.IsNullOrEmpty(options.AccessKeyId);
        var hasSecret = !string.IsNullOrEmpty(options.SecretAccessKey);
        if (hasKey && !hasSecret)
            yield return OptionsFinding.Error("DynamoDb:AccessKeyId", "is set without Kpl:DynamoDb:SecretAccessKey");
        if (hasSecret && !hasKey)
            yield return OptionsFinding.Error("DynamoDb:SecretAccessKey", "is set without Kpl:DynamoDb:AccessKeyId");
        if (!string.IsNullOrEmpty(options.SessionToken) && !hasKey)
            yield return OptionsFinding.Error("DynamoDb:SessionToken", "is set without Kpl:DynamoDb:AccessKeyId");
        if (!string.IsNullOrEmpty(options.Profile) && hasKey)
            yield return OptionsFinding.Warning("DynamoDb:Profile", "has no effect beside Kpl:DynamoDb:AccessKeyId");
        if (!isUsed && options.ServiceUrl is not null)
            yield return OptionsFinding.Warning("DynamoDb:ServiceUrl", "has no effect without Kpl:Cluster:Membership dynamodb");
        if (options.ServiceUrl is { IsAbsoluteUri: true, Scheme: "http", IsLoopback: false })
            yield return OptionsFinding.Warning("DynamoDb:ServiceUrl", "is http and not on this machine: records of the backlog and session tokens are sent in clear");
    }
}
