using Orleans.Kpl.Certificates;

namespace Orleans.Kpl.Settings;

/// <summary>The settings of sections <c>Kpl:Cluster</c> and <c>Kpl:DynamoDb</c>.</summary>
internal static class ClusterSettings
{
    private const int LongestId = 100;
    private const int LongestPrefix = 200;
    private const int LongestRegion = 64;

    public static IReadOnlyList<Setting<KplClusterOptions>> All { get; } =
    [
        Of("Cluster:Membership", "How silos find each other: `localhost` for one silo, `dynamodb` for many.",
            new Choice<ClusterMembership>(("localhost", ClusterMembership.Localhost), ("dynamodb", ClusterMembership.DynamoDb)), o =>
                o.Membership, (o, v) => o.Membership = v),
        Of("Cluster:Id", "The cluster; silos and clients with the same id find each other.",
            Name(LongestId), o => o.Id, (o, v) => o.Id = v ?? ""),
        Of("Cluster:ServiceId", "The service, to which what is stored belongs; it outlives a cluster.",
            Name(LongestId), o => o.ServiceId, (o, v) => o.ServiceId = v ?? ""),
        Of("Cluster:SiloPort", "Where the other silos reach this one; 0 takes a free one.",
            new WholeNumber(0, ushort.MaxValue), o => o.SiloPort, (o, v) => o.SiloPort = (int)v),
        Of("Cluster:GatewayPort", "Where clients reach this silo; 0 takes a free one. With `localhost` clients read it too.",
            new WholeNumber(0, ushort.MaxValue), o => o.GatewayPort, (o, v) => o.GatewayPort = (int)v),
        Of("Cluster:AdvertisedAddress", "The address that others reach this silo at, and that it listens on; without it 127.0.0.1 with `localhost`, else the machine's own.",
            new Text("an IP address or a host name", v => Uri.CheckHostName(v) != UriHostNameType.Unknown), o =>
                o.AdvertisedAddress, (o, v) => o.AdvertisedAddress = v),
        Of("Cluster:CertificateFile", "PEM with the certificate that this silo or client shows, and those between it and its root: [mutual TLS](tls.md#the-clusters-ports) on silo and gateway ports. Without it there is none.",
            new Text(), o => o.CertificateFile, (o, v) => o.CertificateFile = v),
        Of("Cluster:CertificateKeyFile", "PEM with the certificate's private key, without a password; without it the key stands in `Cluster:CertificateFile`.",
            new Text(), o => o.CertificateKeyFile, (o, v) => o.CertificateKeyFile = v),
        Of("Cluster:SiloCaCertFile", "PEM with the roots that sign silos, and nothing else; needed with `Cluster:CertificateFile`.",
            new Text(), o => o.SiloCaCertFile, (o, v) => o.SiloCaCertFile = v),
        Of("Cluster:ClientCaCertFile", "PEM with the roots that sign clients, for silos; without it, a gateway with TLS takes nobody.",
            new Text(), o => o.ClientCaCertFile, (o, v) => o.ClientCaCertFile = v),
        Of("Cluster:SiloNames", "Names of which a silo's certificate has one, host names and URIs: [who counts as a silo](tls.md#names-of-silos-and-clients). Without it, whatever the roots of `Cluster:SiloCaCertFile` have signed.",
            Names(), o => Joined(o.SiloNames), (o, v) => o.SiloNames = AllowedNames.Parse(v)),
        Of("Cluster:ClientNames", "Names of which a client's certificate has one, for silos; without it, whatever the roots of `Cluster:ClientCaCertFile` have signed may come, and put into every stream.",
            Names(), o => Joined(o.ClientNames), (o, v) => o.ClientNames = AllowedNames.Parse(v)),
        Of("Cluster:AdminKeyFile", "The keys that [administering clients](tls.md#what-clients-may-call) sign their calls with, for silos and for them; without it no client administers a tier with TLS.",
            new Text(), o => o.AdminKeyFile, (o, v) => o.AdminKeyFile = v),
        Of("Cluster:AllowPlaintext", "Whether a silo may listen beyond loopback without `Cluster:CertificateFile`; whoever reaches its ports may then do everything.",
            Choice.Switch, o => o.AllowPlaintext, (o, v) => o.AllowPlaintext = v),
        Of("Cluster:AllowCallsOnly", "Whether a benchmark may open sessions whose records are answered as accepted and **sent nowhere**.",
            Choice.Switch, o => o.AllowCallsOnly, (o, v) => o.AllowCallsOnly = v),
        Of("Cluster:FailureStreamProvider", "The Orleans stream provider for [hints of failed records](orleans-streams.md#hints-of-failures), for silos of your own: a silo without it does not start. Without the setting there are no hints.",
            new Text(), o => o.FailureStreamProvider, (o, v) => o.FailureStreamProvider = v),
        Of("DynamoDb:ServiceUrl", "An endpoint instead of AWS's own, such as DynamoDB Local's.",
            new Url(), o => o.DynamoDb.ServiceUrl, (o, v) => o.DynamoDb.ServiceUrl = v),
        Of("DynamoDb:TablePrefix", "What the names of all tables begin with.",
            Name(LongestPrefix), o => o.DynamoDb.TablePrefix.Length == 0 ? null : o.DynamoDb.TablePrefix, (o, v) => o.DynamoDb.TablePrefix = v ?? ""),
        Of("DynamoDb:CreateTables", "Whether a silo creates tables that are missing; `false`: it does not start without them, so that a mistyped prefix founds no second cluster.",
            Choice.Switch, o => o.DynamoDb.CreateTables, (o, v) => o.DynamoDb.CreateTables = v),
        Of("DynamoDb:Region", "The region; without it AWS's chain, and `us-east-1` for a loopback endpoint where that is empty.",
            new Text($"lower-case letters, digits and '-', at most {LongestRegion}", v => v.Length <= LongestRegion && v.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-')),
            o => o.DynamoDb.Region, (o, v) => o.DynamoDb.Region = v),
        Of("DynamoDb:AccessKeyId", "An access key; without it AWS's chain.",
            new Text(), o => o.DynamoDb.AccessKeyId, (o, v) => o.DynamoDb.AccessKeyId = v),
        Secret("DynamoDb:SecretAccessKey", "The secret to `DynamoDb:AccessKeyId`.",
            o => o.DynamoDb.SecretAccessKey, (o, v) => o.DynamoDb.SecretAccessKey = v),
        Secret("DynamoDb:SessionToken", "The session token of temporary credentials.",
            o => o.DynamoDb.SessionToken, (o, v) => o.DynamoDb.SessionToken = v),
        Of("DynamoDb:Profile", "A profile of AWS's shared files; without it AWS's chain.",
            new Text(), o => o.DynamoDb.Profile, (o, v) => o.DynamoDb.Profile = v),
    ];

    private static Text Names() => new(AllowedNames.Rule, static v => AllowedNames.Parse(v) is { Count: > 0 } all && all.All(AllowedNames.IsFit));

    private static string? Joined(IReadOnlyList<string> names) => names.Count == 0 ? null : string.Join(',', names);

    private static Text Name(int longest) =>
        new($"letters, digits, '-', '_' and '.', at most {longest}", v => v.Length <= longest && v.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'));

    private static Setting<KplClusterOptions, T> Of<T>(
        string name, string description, SettingValue<T> value, Func<KplClusterOptions, T> get, Action<KplClusterOptions, T> set) =>
        new(name, KplSettingScope.Cluster, description, value, get, set, []);

    private static Setting<KplClusterOptions, string?> Secret(
        string name, string description, Func<KplClusterOptions, string?> get, Action<KplClusterOptions, string?> set) =>
        new(name, KplSettingScope.Cluster, description, new Text(), get, set, [], isSecret: true);
}
