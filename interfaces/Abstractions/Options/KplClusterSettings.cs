using Orleans.Kpl.Certificates;
using Orleans.Kpl.Settings;

namespace Orleans.Kpl;

/// <summary>The settings of a silo or a cluster's client beside <see cref="KplSettings"/>: names, defaults, ranges, and how they are read.</summary>
internal static class KplClusterSettings
{
    private const int LongestId = 100;
    private const int LongestPrefix = 200;

    private static readonly TextList Names = new(AllowedNames.Rule, AllowedNames.IsFit);

    /// <summary>The sections below <c>Kpl</c> that contain these settings.</summary>
    public static IReadOnlyList<string> Sections { get; } = ["Cluster", "DynamoDb"];

    /// <summary>Every setting, in the order in which they are best explained.</summary>
    public static SettingTable<KplClusterOptions> All { get; } = new()
    {
        { "Cluster:Membership", "How silos find each other: `localhost` for one silo, `dynamodb` for many.",
            new Choice<ClusterMembership>(("localhost", ClusterMembership.Localhost), ("dynamodb", ClusterMembership.DynamoDb)),
            o => o.Membership, (o, v) => o.Membership = v },
        { "Cluster:Id", "The cluster; silos and clients with the same id find each other.",
            Name(LongestId), o => o.Id, (o, v) => o.Id = v ?? "" },
        { "Cluster:ServiceId", "The service, to which what is stored belongs; it outlives a cluster.",
            Name(LongestId), o => o.ServiceId, (o, v) => o.ServiceId = v ?? "" },
        { "Cluster:SiloPort", "Where the other silos reach this one; 0 takes a free one.",
            WholeNumber.Port, o => o.SiloPort, (o, v) => o.SiloPort = (int)v },
        { "Cluster:GatewayPort", "Where clients reach this silo; 0 takes a free one. With `localhost` clients read it too.",
            WholeNumber.Port, o => o.GatewayPort, (o, v) => o.GatewayPort = (int)v },
        { "Cluster:AdvertisedAddress", "The address that others reach this silo at, and that it listens on; without it 127.0.0.1 with `localhost`, else the machine's own, on a network with a gateway if there is one.",
            new Text("an IP address or a host name", v => Uri.CheckHostName(v) != UriHostNameType.Unknown),
            o => o.AdvertisedAddress, (o, v) => o.AdvertisedAddress = v },
        { "Cluster:CertificateFile", "PEM with the certificate that this silo or client presents, and its intermediate certificates: [mutual TLS](tls.md#the-clusters-ports) on silo and gateway ports. Without it there is none.",
            Text.Any, o => o.CertificateFile, (o, v) => o.CertificateFile = v },
        { "Cluster:CertificateKeyFile", "PEM with the certificate's private key, without a password; without it the key stands in `Cluster:CertificateFile`.",
            Text.Any, o => o.CertificateKeyFile, (o, v) => o.CertificateKeyFile = v },
        { "Cluster:SiloCaCertFile", "PEM with the roots that sign silos, and nothing else; needed with `Cluster:CertificateFile`.",
            Text.Any, o => o.SiloCaCertFile, (o, v) => o.SiloCaCertFile = v },
        { "Cluster:ClientCaCertFile", "PEM with the roots that sign clients, for silos; without it, a gateway with TLS takes nobody.",
            Text.Any, o => o.ClientCaCertFile, (o, v) => o.ClientCaCertFile = v },
        { "Cluster:SiloNames", "Names of which a silo's certificate has one, host names and URIs: [who counts as a silo](tls.md#names-of-silos-and-clients). Without it, whatever the roots of `Cluster:SiloCaCertFile` have signed.",
            Names, o => o.SiloNames, (o, v) => o.SiloNames = v },
        { "Cluster:ClientNames", "Names of which a client's certificate has one, for silos; without it, whatever the roots of `Cluster:ClientCaCertFile` have signed may come, and put into every stream.",
            Names, o => o.ClientNames, (o, v) => o.ClientNames = v },
        { "Cluster:AdminKeyFile", "The keys that [administering clients](tls.md#what-clients-may-call) sign their calls with, for silos and for them; without it no client administers a tier with TLS.",
            Text.Any, o => o.AdminKeyFile, (o, v) => o.AdminKeyFile = v },
        { "Cluster:AllowPlaintext", "Whether a silo may listen beyond loopback without `Cluster:CertificateFile`; whoever reaches its ports may then do everything.",
            Choice.Switch, o => o.AllowPlaintext, (o, v) => o.AllowPlaintext = v },
        { "Cluster:FailureStreamProvider", "The Orleans stream provider for [hints of failed records](orleans-streams.md#hints-of-failures), for silos of your own: a silo without it does not start. Without the setting there are no hints.",
            Text.Any, o => o.FailureStreamProvider, (o, v) => o.FailureStreamProvider = v },
        { "DynamoDb:ServiceUrl", "An endpoint instead of AWS's own, such as DynamoDB Local's.",
            new Url(), o => o.DynamoDb.ServiceUrl, (o, v) => o.DynamoDb.ServiceUrl = v },
        { "DynamoDb:TablePrefix", "What the names of all tables begin with.",
            Name(LongestPrefix), o => o.DynamoDb.TablePrefix.Length == 0 ? null : o.DynamoDb.TablePrefix, (o, v) => o.DynamoDb.TablePrefix = v ?? "" },
        { "DynamoDb:CreateTables", "Whether a silo creates tables that are missing; `false`: it does not start without them, so that a mistyped prefix founds no second cluster.",
            Choice.Switch, o => o.DynamoDb.CreateTables, (o, v) => o.DynamoDb.CreateTables = v },
        { "DynamoDb:Region", "The region; without it AWS's chain, and `us-east-1` for a loopback endpoint where that is empty.",
            Text.Region, o => o.DynamoDb.Region, (o, v) => o.DynamoDb.Region = v },
        { "DynamoDb:AccessKeyId", "An access key; without it AWS's chain.",
            Text.Any, o => o.DynamoDb.AccessKeyId, (o, v) => o.DynamoDb.AccessKeyId = v },
        { "DynamoDb:SecretAccessKey", "The secret to `DynamoDb:AccessKeyId`.",
            Text.Secret, o => o.DynamoDb.SecretAccessKey, (o, v) => o.DynamoDb.SecretAccessKey = v },
        { "DynamoDb:SessionToken", "The session token of temporary credentials.",
            Text.Secret, o => o.DynamoDb.SessionToken, (o, v) => o.DynamoDb.SessionToken = v },
        { "DynamoDb:Profile", "A profile of AWS's shared files; without it AWS's chain.",
            Text.Any, o => o.DynamoDb.Profile, (o, v) => o.DynamoDb.Profile = v },
    };

    /// <summary>Reads options from flat settings and checks them; reports all errors, not only the first.</summary>
    /// <param name="settings">
    /// Keys relative to section <c>Kpl</c>, in any case, parts separated by colons (<c>Cluster:SiloPort</c>), and their text. Settings of
    /// other sections are ignored. A null counts as not set. Empty text means none for texts and URLs, and is an error for all others.
    /// </param>
    /// <param name="configure">Changes the options after reading and before the check.</param>
    public static OptionsReport<KplClusterOptions> Read(
        IEnumerable<KeyValuePair<string, string?>> settings, Action<KplClusterOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var options = new KplClusterOptions();
        var errors = new List<string>();
        var own = SecretFiles.Resolve(settings, static s => All.Find(s) is not null, errors).Where(static s => IsOwn(s.Key));
        errors.AddRange(All.Read(options, own));
        configure?.Invoke(options);
        var check = KplClusterOptionsValidator.Validate(options);
        return check with { Errors = [.. errors, .. check.Errors] };
    }

    /// <summary>Finds names in these sections that are none of the settings', for a process that does not read the sections itself.</summary>
    public static IEnumerable<string> FindUnknown(IEnumerable<KeyValuePair<string, string?>> settings) =>
        All.FindUnknown(settings.Where(static s => IsOwn(s.Key)).Select(static s => KeyValuePair.Create(SecretFiles.FindSetting(s.Key) ?? s.Key, s.Value)));

    private static bool IsOwn(string path) => Sections.Any(name => SettingNames.IsOrIsBelow(path, name));

    private static Text Name(int longest) =>
        new($"letters, digits, '-', '_' and '.', at most {longest}", v => v.Length <= longest && v.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'));
}
