using System.Globalization;
using Microsoft.Extensions.Configuration;
using Orleans.Kpl.Http;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Serving;
using Orleans.Kpl.Kinesis.Settings;
using Orleans.Kpl.Local.Arguments;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.Producer.Setup;
using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Local.Settings;

/// <summary>Combines command line, environment and files, and finds every error in them.</summary>
internal sealed class LocalSettingsReader(LocalArguments arguments, IConfiguration configuration)
{
    private const string DirectoryKey = "Kpl:Backlog:Directory";
    private const string HighWaterModeKey = "Kpl:HighWaterMode";
    private const string HttpPortKey = "Kpl:Http:Port";

    private readonly List<string> _errors = [];
    private readonly List<string> _warnings = [];

    /// <summary>Reads the settings; null when there are errors.</summary>
    /// <param name="files">Files and environment; the command line takes precedence over them.</param>
    public static LocalSettings? Read(LocalArguments arguments, IConfiguration files, out IReadOnlyList<string> errors)
    {
        var builder = new ConfigurationBuilder();
        // Whoever names a folder wants nothing lost that was accepted. Where the settings say otherwise, they hold.
        if (arguments.Data is not null)
            builder.AddInMemoryCollection([new(HighWaterModeKey, nameof(HighWaterMode.Spill))]);
        builder.AddConfiguration(files).AddInMemoryCollection(arguments.Settings);
        if (arguments.Data is { } data)
            builder.AddInMemoryCollection([new(DirectoryKey, data)]);
        if (arguments.HttpPort is { } port)
            builder.AddInMemoryCollection([new(HttpPortKey, port.ToString(CultureInfo.InvariantCulture))]);
        var configuration = builder.Build();
        var reader = new LocalSettingsReader(arguments, configuration);
        var settings = reader.Read();
        errors = reader._errors;
        return errors.Count == 0 ? settings : null;
    }

    private LocalSettings Read()
    {
        _errors.AddRange(arguments.Errors);
        _errors.AddRange(LogSetup.FindErrors(configuration));
        var kpl = ReadKpl();
        var http = ReadHttp();
        var front = KinesisFrontConfiguration.Read(configuration.GetSection("Kpl"), kpl.Backlog.Directory is not null, out var frontErrors);
        _errors.AddRange(frontErrors);
        var isLocal = kpl.Kinesis.EndpointUrl is null;
        var streams = ReadStreams(http, isLocal);
        http.OwnStreams = [.. streams.Select(static s => s.Name)];
        http.CompleteFrom(kpl);
        if (!isLocal)
            WarnOfUnused();
        var local = isLocal ? ReadLocalKinesis(streams) : null;
        if (local is not null)
            CheckOwnPorts(http, local);
        _warnings.AddRange(ExposureRules.FindWarnings(http));
        _warnings.AddRange(SecretFiles.FindWarnings(arguments.Settings.Keys));
        return new LocalSettings
        {
            Kpl = kpl,
            Http = http,
            Front = front,
            LocalKinesis = local,
            StreamsToCreate = isLocal || arguments.CreateStreams ? streams : [],
            Warnings = _warnings,
            Configuration = configuration,
        };
    }

    private KplOptions ReadKpl()
    {
        var report = KplConfiguration.ReadReport(configuration.GetSection("Kpl"));
        _errors.AddRange(report.Errors);
        _warnings.AddRange(report.Warnings);
        _errors.AddRange(BacklogFolder.FindErrors(report.Options.Backlog));
        _errors.AddRange(KplOptionsValidator.ValidateStop(report.Options).Errors);
        _warnings.AddRange(BacklogFolder.FindWarnings(report.Options.Backlog));
        if (arguments.KinesisEndpoint is { } endpoint)
            report.Options.Kinesis.EndpointUrl = endpoint;
        return report.Options;
    }

    private KplHttpOptions ReadHttp()
    {
        var http = KplHttpConfiguration.Read(configuration.GetSection("Kpl:" + KplHttpConfiguration.SectionName), out var errors);
        _errors.AddRange(errors);
        return http;
    }

    private List<StreamArgument> ReadStreams(KplHttpOptions http, bool isLocal)
    {
        var streams = arguments.Streams;
        if (streams.Count > 0 && configuration["Kpl:Http:DefaultStream"] is null)
            http.DefaultStream = streams[0].Name;
        foreach (var stream in streams)
        {
            if (!StreamName.IsFit(stream.Name))
                _errors.Add($"--stream: {SettingNames.Quote(stream.Name)} is not {StreamName.Rule}");
            if (!isLocal && !arguments.CreateStreams && stream.Shards is not null)
                _errors.Add($"--stream {stream.Name}={stream.Shards}: nothing is created at --kinesis-endpoint without --create-streams");
        }
        var creates = isLocal || arguments.CreateStreams;
        if (creates && streams.Select(s => s.Name).Append(http.DefaultStream).FirstOrDefault(n => n.StartsWith("arn:", StringComparison.Ordinal)) is { } arn)
            _errors.Add($"'{arn}' cannot be created: a stream is created by its name");
        if (isLocal && streams.Count > 0 && streams.All(s => s.Name != http.DefaultStream))
            _errors.Add($"Kpl:Http:DefaultStream '{http.DefaultStream}' is none of the streams: {string.Join(", ", streams.Select(s => s.Name))}");
        return streams.Count > 0 ? streams : [new StreamArgument(http.DefaultStream, null)];
    }

    private void WarnOfUnused()
    {
        (string Name, bool IsGiven)[] ofLocalEndpoint =
        [
            ("--kinesis-port", arguments.KinesisPort is not null), ("--kinesis-tls-port", arguments.KinesisTlsPort is not null),
            ("--kinesis-tls-certificate", arguments.KinesisTlsCertificate is not null),
            ("--kinesis-check-signatures", arguments.CheckSignatures is not null), ("--limit-model", arguments.LimitModel is not null),
        ];
        foreach (var (name, isGiven) in ofLocalEndpoint)
        {
            if (isGiven)
                _warnings.Add($"{name} has no effect: no local endpoint starts beside --kinesis-endpoint");
        }
    }

    /// <summary>Two servers of this process at one port: the second would tell of a port that somebody else has.</summary>
    private void CheckOwnPorts(KplHttpOptions http, LocalKinesisOptions local)
    {
        (string Name, int Port)[] ofHttp = [("--http-port", http.Port), ("Kpl:Http:AdminPort", http.AdminPort), ("Kpl:Http:HealthPort", http.HealthPort)];
        (string Name, int Port)[] ofKinesis = [("--kinesis-port", local.Port), ("--kinesis-tls-port", local.TlsPort ?? 0)];
        foreach (var (name, port) in ofHttp.Where(static p => p.Port > 0))
            _errors.AddRange(ofKinesis.Where(k => k.Port == port).Select(k => $"{name} and {k.Name} have the same port, {port}: each needs one of its own"));
    }

    private LocalKinesisOptions ReadLocalKinesis(List<StreamArgument> streams)
    {
        var options = new LocalKinesisOptions
        {
            CheckSignatures = arguments.CheckSignatures, TlsPort = arguments.KinesisTlsPort, TlsCertificateFile = arguments.KinesisTlsCertificate,
        };
        if (arguments.KinesisPort is { } port)
            options.Port = port;
        if (arguments.LimitModel is { } model)
            options.LimitModel = model;
        _errors.AddRange(LocalKinesisOptionsValidator.Validate(options).Select(e => "The local Kinesis endpoint: " + e));
        if (streams.Sum(static s => (long)s.ShardsOrDefault) is var shards && shards > options.ShardLimit)
            _errors.Add($"--stream: {shards} shards in all are more than the local Kinesis endpoint has, {options.ShardLimit}");
        return options;
    }
}
