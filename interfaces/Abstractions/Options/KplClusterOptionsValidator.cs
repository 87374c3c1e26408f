using System.Net;
using Orleans.Kpl.Validation;

namespace Orleans.Kpl;

/// <summary>
/// Checks options of a cluster, whether they come from configuration or from code: ranges, and that they fit each other: ports differ, addresses can be
/// reached, certificates and credentials are complete.
/// </summary>
internal static class KplClusterOptionsValidator
{
    /// <summary>Checks the options, and reports all errors, not only the first.</summary>
    public static OptionsReport<KplClusterOptions> Validate(KplClusterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionsFindings found = [.. KplClusterSettings.All.Check(options)];
        CheckAddress(found, options);
        CheckTls(found, options);
        var dynamoDb = options.DynamoDb;
        found.CheckCredentials("DynamoDb", dynamoDb.AccessKeyId, dynamoDb.SecretAccessKey, dynamoDb.SessionToken, dynamoDb.Profile);
        found.WarnIf(options.Membership != ClusterMembership.DynamoDb && dynamoDb.ServiceUrl is not null, "DynamoDb:ServiceUrl",
            "has no effect without Kpl:Cluster:Membership dynamodb");
        found.WarnOfClearText("DynamoDb:ServiceUrl", dynamoDb.ServiceUrl, "records of the backlog and session tokens");
        return KplOptionsValidator.Report(options, found);
    }

    private static void CheckAddress(OptionsFindings found, KplClusterOptions options)
    {
        found.ErrorIf(options.SiloPort == options.GatewayPort && options.SiloPort != 0, "Cluster:GatewayPort",
            $"is '{options.GatewayPort}': it must differ from Kpl:Cluster:SiloPort");
        if (options.AdvertisedAddress is not { } text)
            return;
        var address = IPAddress.TryParse(text, out var parsed) ? parsed : null;
        var isAny = address is not null && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));
        found.ErrorIf(isAny, "Cluster:AdvertisedAddress", $"is '{text}': it must be an address that others can reach");
        var isHere = address is not null ? IPAddress.IsLoopback(address) : text == "localhost";
        found.ErrorIf(!isAny && !isHere && options.Membership == ClusterMembership.Localhost,
            "Cluster:AdvertisedAddress", $"is '{text}': with Kpl:Cluster:Membership localhost it must be this machine's loopback");
    }

    private static void CheckTls(OptionsFindings found, KplClusterOptions options)
    {
        const string alone = "needs Kpl:Cluster:CertificateFile, which is not set";
        var hasTls = options.CertificateFile is not null;
        found.ErrorIf(hasTls && options.SiloCaCertFile is null, "Cluster:SiloCaCertFile", "is not set: with Kpl:Cluster:CertificateFile it names the roots that sign silos");
        found.ErrorIf(!hasTls && options.CertificateKeyFile is not null, "Cluster:CertificateKeyFile", alone);
        found.ErrorIf(!hasTls && options.SiloCaCertFile is not null, "Cluster:SiloCaCertFile", alone);
        found.ErrorIf(!hasTls && options.ClientCaCertFile is not null, "Cluster:ClientCaCertFile", alone);
        found.ErrorIf(!hasTls && options.SiloNames.Count > 0, "Cluster:SiloNames", alone);
        found.ErrorIf(!hasTls && options.ClientNames.Count > 0, "Cluster:ClientNames", alone);
        found.WarnIf(hasTls && options is { ClientCaCertFile: null, ClientNames.Count: > 0 }, "Cluster:ClientNames", "has no effect without Kpl:Cluster:ClientCaCertFile");
        found.WarnIf(!hasTls && options.AdminKeyFile is not null, "Cluster:AdminKeyFile", "has no effect without Kpl:Cluster:CertificateFile");
        found.WarnIf(hasTls && options.AllowPlaintext, "Cluster:AllowPlaintext", "has no effect beside Kpl:Cluster:CertificateFile");
    }
}
