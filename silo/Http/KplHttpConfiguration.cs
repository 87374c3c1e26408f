using System.Net;
using Microsoft.Extensions.Configuration;
using Orleans.Kpl.Http.Guarding;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Ingesting;
using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Http;

/// <summary>Reads section <c>Kpl:Http</c> from .NET's configuration: files, environment (<c>Kpl__Http__…</c>), command line.</summary>
public static class KplHttpConfiguration
{
    /// <summary>The name of the section below <c>Kpl</c>.</summary>
    public const string SectionName = "Http";

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly Text Path = new("a path");

    /// <summary>The settings that only the tier's own hosts heed: listening, security, and the callers that they take.</summary>
    private static readonly string[] OfHosts =
    [
        nameof(KplHttpOptions.Address), nameof(KplHttpOptions.Port), nameof(KplHttpOptions.AdminAddress), nameof(KplHttpOptions.AdminPort),
        nameof(KplHttpOptions.MaxConnections), nameof(KplHttpOptions.MaxConnectionsPerAddress), nameof(KplHttpOptions.HealthPort),
        nameof(KplHttpOptions.Identities), nameof(KplHttpOptions.Prices), nameof(KplHttpOptions.CertificateFile),
        nameof(KplHttpOptions.CertificateKeyFile), nameof(KplHttpOptions.ClientCaCertFile), nameof(KplHttpOptions.AllowAnonymous),
        nameof(KplHttpOptions.AllowPlaintext), nameof(KplHttpOptions.OpenMetrics),
    ];

    /// <summary>The settings of the section.</summary>
    internal static SettingTable<KplHttpOptions> All { get; } = new()
    {
        { "Http:Address", "Where HTTP listens; `0.0.0.0` and `::` are all of the machine's addresses. [Beyond this machine](http.md#listening-beyond-this-machine) it needs more.",
            new Text("an IP address", static v => IPAddress.TryParse(v, out _)), static o => o.Address, static (o, v) => o.Address = v ?? "" },
        { "Http:Port", "The port; 0 takes a free one.",
            WholeNumber.Port, static o => o.Port, static (o, v) => o.Port = (int)v },
        { "Http:DefaultStream", "The stream of `/events` and `/events/confirmed`. In the local tier the first `--stream`.",
            new Text("a stream's name or ARN", StreamName.IsFit), static o => o.DefaultStream, static (o, v) => o.DefaultStream = v ?? "" },
        { "Http:Streams", "The streams that records are taken for, beside `DefaultStream`, with commas between them; others are answered with 403. None: every stream.",
            new TextList("names, ARNs, or beginnings before *", StreamList.IsFit), static o => o.Streams, static (o, v) => o.Streams = v },
        { "Http:Hosts", "More [host names](http.md#pages-of-other-sites) that requests may be for, with commas between them; others are answered with 403.",
            new TextList("host names without port, such as kpl.example.com or *.example.com, or * alone", HostList.IsFit), static o => o.Hosts, static (o, v) => o.Hosts = v },
        { "Http:MaxBodyBytes", "Bytes of one request's body at most; a larger one is answered with 413.",
            new WholeNumber(1_024, 1L << 30, unit: "bytes"), static o => o.MaxBodyBytes, static (o, v) => o.MaxBodyBytes = v },
        { "Http:MaxBodyMemory", "Bytes that the bodies of all requests have in memory together at most; a request beyond is answered with 429. 0: as much as `MaxOutstandingBytes` of the process.",
            new WholeNumber(0, 1L << 40, unit: "bytes"), static o => o.MaxBodyMemory, static (o, v) => o.MaxBodyMemory = v },
        { "Http:BodyTimeout", "How long one body may take; a slower one is answered with 408.",
            new Duration(Second, Hour), static o => o.BodyTimeout, static (o, v) => o.BodyTimeout = v },
        { "Http:MaxRecords", "Records of one request at most; more are answered with 413.",
            new WholeNumber(1, 10_000_000, unit: "records"), static o => o.MaxRecords, static (o, v) => o.MaxRecords = (int)v },
        { "Http:AcceptTimeout", "How long a request waits for memory; then it is answered with 429, and nothing of it was taken.",
            new Duration(TimeSpan.Zero, Hour), static o => o.AcceptTimeout, static (o, v) => o.AcceptTimeout = v },
        { "Http:MaxConnections", "Connections at most, and as many requests under way; connections beyond are closed at once, requests reset.",
            new WholeNumber(1, 1_000_000, unit: "connections"), static o => o.MaxConnections, static (o, v) => o.MaxConnections = (int)v },
        { "Http:MaxConnectionsPerAddress", "Connections of [one remote address](http.md#one-address) at most; more are closed at once, before TLS. As many requests may be under way, and a tenth of them be connections of HTTP/2. 0: a tenth of `MaxConnections`, and 100 at least.",
            new WholeNumber(0, 1_000_000, unit: "connections"), static o => o.MaxConnectionsPerAddress, static (o, v) => o.MaxConnectionsPerAddress = (int)v },
        { "Http:TrustedProxies", "[Proxies](http.md#one-address) that many clients come through, with commas between them: nothing is limited by their address.",
            new TextList("addresses, or networks such as 10.0.0.0/8", Guarding.TrustedProxies.IsFit), static o => o.TrustedProxies, static (o, v) => o.TrustedProxies = v },
        { "Http:HealthPort", "A port of `/health/live` and `/health/ready` alone, without TLS, [which other connections do not fill](http.md#health); 0 takes a free one. -1: none.",
            new WholeNumber(-1, ushort.MaxValue), static o => o.HealthPort, static (o, v) => o.HealthPort = (int)v },
        { "Http:DrainDelay", "How long a process that was asked to stop still takes records while `/health/ready` is 503 and each answer closes its connection: [leaving](http.md#leaving).",
            new Duration(TimeSpan.Zero, TimeSpan.FromMinutes(10)), static o => o.DrainDelay, static (o, v) => o.DrainDelay = v },
        { "Http:RetryAfter", "What `Retry-After` says with 429, and while the process drains.",
            new Duration(Second, Hour), static o => o.RetryAfter, static (o, v) => o.RetryAfter = v },
        { "Http:AdminAddress", "Where `/admin` listens for itself, with `AdminPort`.",
            new Text("an address of loopback: whoever reaches it may do everything", static v => IPAddress.TryParse(v, out var at) && IPAddress.IsLoopback(at)),
            static o => o.AdminAddress, static (o, v) => o.AdminAddress = v ?? "" },
        { "Http:AdminPort", "The port that `/admin` has for itself, and no other serves it then; 0 takes a free one. -1: none; `/admin` is then at `Port`, and only while `Address` is one of loopback.",
            new WholeNumber(-1, ushort.MaxValue), static o => o.AdminPort, static (o, v) => o.AdminPort = (int)v },
        { "Http:Identities", "The file of [identities](identities.md): who may do what, and how much. Without it everybody is taken.",
            Path, static o => o.Identities, static (o, v) => o.Identities = v },
        { "Http:Prices", "The file of [prices](cost.md#prices) by which the dashboard says what a stream costs. Without it those that come with the library.",
            Path, static o => o.Prices, static (o, v) => o.Prices = v },
        { "Http:CertificateFile", "PEM with the certificate that HTTP presents, and its intermediate certificates: [HTTPS](tls.md#https), at every address but that of `HealthPort`. Without it HTTP is plain.",
            Path, static o => o.CertificateFile, static (o, v) => o.CertificateFile = v },
        { "Http:CertificateKeyFile", "PEM with the certificate's private key, without a password. Without it the key stands in `CertificateFile`.",
            Path, static o => o.CertificateKeyFile, static (o, v) => o.CertificateKeyFile = v },
        { "Http:ClientCaCertFile", "PEM with the roots that sign clients: a client may [prove by a certificate](identities.md#certificates) who it is.",
            Path, static o => o.ClientCaCertFile, static (o, v) => o.ClientCaCertFile = v },
        { "Http:AllowAnonymous", "Whether everybody may use an address beyond loopback without `Identities`.",
            Choice.Switch, static o => o.AllowAnonymous, static (o, v) => o.AllowAnonymous = v },
        { "Http:AllowPlaintext", "Whether keys and tokens may come without TLS from beyond loopback, because it ends in front. Not needed with `CertificateFile`.",
            Choice.Switch, static o => o.AllowPlaintext, static (o, v) => o.AllowPlaintext = v },
        { "Http:OpenMetrics", "Whether everybody may read `/metrics`, without a key.",
            Choice.Switch, static o => o.OpenMetrics, static (o, v) => o.OpenMetrics = v },
    };

    /// <summary>Reads and checks the options; reports every error, not only the first.</summary>
    /// <param name="httpSection">Section <c>Kpl:Http</c>; it may be missing or empty.</param>
    /// <param name="errors">The errors; each names its setting, the value and what is allowed. Empty when the options are valid.</param>
    public static KplHttpOptions Read(IConfiguration httpSection, out IReadOnlyList<string> errors)
    {
        ArgumentNullException.ThrowIfNull(httpSection);
        var options = new KplHttpOptions();
        errors = [.. ReadInto(options, httpSection), .. KplHttpOptionsValidator.Validate(options), .. ExposureRules.FindErrors(options)];
        return options;
    }

    /// <summary>
    /// Reads the options of an application of one's own, and returns every error. The settings of listeners and identities are errors there: they
    /// would have no effect.
    /// </summary>
    internal static IReadOnlyList<string> ReadForApplication(KplHttpOptions options, IConfigurationSection httpSection)
    {
        var foreign = httpSection.GetChildren().Select(static c => c.Key).Where(static k => OfHosts.Contains(k, StringComparer.OrdinalIgnoreCase));
        return
        [
            .. ReadInto(options, httpSection),
            .. foreign.Select(static k => $"Kpl:Http:{k} is for the tier's own hosts: an application sets it up by ASP.NET Core (Kestrel, authentication)"),
        ];
    }

    /// <summary>Returns the settings of a section below <c>Kpl</c>, with its name before theirs.</summary>
    internal static IEnumerable<KeyValuePair<string, string?>> Flatten(IConfiguration section, string name) =>
        section.AsEnumerable(makePathsRelative: true).Reverse().Select(s => KeyValuePair.Create($"{name}:{s.Key}", s.Value));

    /// <summary>Sets what the section names, and returns what cannot be read.</summary>
    private static List<string> ReadInto(KplHttpOptions options, IConfiguration httpSection) => All.Read(options, Flatten(httpSection, SectionName));
}
