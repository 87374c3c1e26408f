using System.Globalization;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Local.Arguments;

/// <summary>The command line of the local tier; an argument that was not given is null.</summary>
internal sealed class LocalArguments : CommandLine
{
    private static readonly SettingTable<LocalArguments> All = new("--")
    {
        { "http-port", "", WholeNumber.Port, a => a.HttpPort ?? 0, (a, v) => a.HttpPort = (int)v },
        { "kinesis-port", "", WholeNumber.Port, a => a.KinesisPort ?? 0, (a, v) => a.KinesisPort = (int)v },
        { "kinesis-tls-port", "", WholeNumber.Port, a => a.KinesisTlsPort ?? 0, (a, v) => a.KinesisTlsPort = (int)v },
        { "kinesis-tls-certificate", "", Text.Any, a => a.KinesisTlsCertificate, (a, v) => a.KinesisTlsCertificate = v },
        { "kinesis-check-signatures", "", new OwnForm<SigningKey?>("KEY:SECRET", "both with a character at least", ParseKey, isSecret: true),
            a => a.CheckSignatures, (a, v) => a.CheckSignatures = v },
        { "stream", "", new OwnForm<StreamArgument?>("NAME or NAME=SHARDS", "a whole number of shards from 1", StreamArgument.Parse),
            a => a.Streams.LastOrDefault(), (a, v) => a.Add(v!) },
        { "kinesis-endpoint", "", new Url(), a => a.KinesisEndpoint, (a, v) => a.KinesisEndpoint = v },
        { "create-streams", "", Choice.Switch, a => a.CreateStreams, (a, v) => a.CreateStreams = v },
        { "data", "", Text.Any, a => a.Data, (a, v) => a.Data = v },
        { "limit-model", "", new OwnForm<LimitModel?>("bucket:MS, window:MS or none", "1 to 3600000 ms", ParseModel),
            a => a.LimitModel, (a, v) => a.LimitModel = v },
    };

    public int? HttpPort { get; private set; }

    public int? KinesisPort { get; private set; }

    public int? KinesisTlsPort { get; private set; }

    public string? KinesisTlsCertificate { get; private set; }

    public SigningKey? CheckSignatures { get; private set; }

    public List<StreamArgument> Streams { get; } = [];

    public Uri? KinesisEndpoint { get; private set; }

    public bool CreateStreams { get; private set; }

    public string? Data { get; private set; }

    public LimitModel? LimitModel { get; private set; }

    public static new LocalArguments Read(IReadOnlyList<string> args) => Read(args, All, "--stream");

    private void Add(StreamArgument stream)
    {
        if (Streams.Any(s => s.Name == stream.Name))
            Errors.Add($"--stream {stream.Name} is given more than once");
        Streams.Add(stream);
    }

    private static SigningKey? ParseKey(string text) =>
        text.IndexOf(':', StringComparison.Ordinal) is var colon && colon > 0 && colon < text.Length - 1 ? new(text[..colon], text[(colon + 1)..]) : null;

    private static LimitModel? ParseModel(string text) => LocalKinesis.LimitModel.TryParse(text, out var model) ? model : null;
}

/// <summary>An argument <c>--stream NAME[=SHARDS]</c>.</summary>
/// <param name="Name">The stream's name or ARN.</param>
/// <param name="Shards">The number of shards to create the stream with; null if the argument does not say.</param>
internal sealed record StreamArgument(string Name, int? Shards)
{
    private const int DefaultShards = 4;

    /// <summary>The number of shards to create the stream with: 4 if the argument does not say.</summary>
    public int ShardsOrDefault => Shards ?? DefaultShards;

    public static StreamArgument? Parse(string text)
    {
        var equals = text.LastIndexOf('=');
        if (equals < 0)
            return new(text, null);
        return int.TryParse(text.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? new(text[..equals], count)
            : null;
    }
}

/// <summary>The text of <c>--help</c>.</summary>
internal static class LocalUsage
{
    public const string Text = """
        The whole tier in one process: a Kinesis endpoint, the producer, and HTTP in front of it.

        kpl-local [arguments]                                         from package Orleans.Kpl.Local
        dotnet run -c Release --project deploy/local -- [arguments]   in a clone

          --http-port PORT                  where HTTP listens (8080; 0 takes a free port)
          --stream NAME[=SHARDS] ...        streams to create (events=4); the first is that of /events
          --kinesis-port PORT               where the local Kinesis endpoint listens (4567; 0 takes a free port)
          --kinesis-tls-port PORT           where it listens with TLS and a self-signed certificate (nowhere)
          --kinesis-tls-certificate FILE    PEM with its certificate and key; made where there is none (in memory)
          --kinesis-check-signatures K:S    take only requests that are signed with this key and secret (all are taken)
          --limit-model MODEL               how it enforces shard limits: bucket:MS, window:MS or none (bucket:1000)
          --kinesis-endpoint URL            use this endpoint and start no local one; nothing is created there
          --create-streams                  with --kinesis-endpoint: create the streams there, in the background
          --data DIR                        the folder of the durable backlog (none), for one process at a time;
                                            nothing accepted is lost then: HighWaterMode is Spill
          --Kpl:SETTING=VALUE               any setting of section Kpl, such as --Kpl:RecordTtl=5s
          --Logging:LogLevel:CATEGORY=LEVEL log levels; the log is on standard error
          --Kpl:Http:Identities=FILE        ask callers for API keys or tokens (on this machine everybody is taken)
          --help                            this

        Settings also come from appsettings.json in the current directory and from the environment (Kpl__RecordTtl).
        Standard output has two lines: one that starts with 'ready', and after SIGTERM or Ctrl-C one that starts with 'drained'.
        Exit 0: everything was delivered or told as failed, or is in the backlog; 1: the drain limit cut it; 2: bad arguments, settings or a taken port;
        3: Kinesis was away or refused, with Kpl:CheckAtStart=Fail.
        """;
}
