namespace Orleans.Kpl.Local.Arguments;

/// <summary>The text of <c>--help</c>.</summary>
internal static class LocalUsage
{
    public const string Text = """
        The whole tier in one process: a Kinesis endpoint, the producer, and HTTP in front of it.

        dotnet run -c Release --project deploy/local -- [arguments]

          --http-port PORT                  where HTTP listens (8080; 0 takes a free port)
          --stream NAME[=SHARDS] ...        streams to create (events=4); the first is that of /events
          --kinesis-port PORT               where the local Kinesis endpoint listens (4567; 0 takes a free port)
          --kinesis-tls-port PORT           where it listens with TLS and a self-signed certificate (nowhere)
          --kinesis-tls-certificate FILE    PEM with its certificate and key; made where there is none (in memory)
          --kinesis-check-signatures K:S    take only requests that are signed with this key and secret (all are taken)
          --limit-model MODEL               how it enforces shard limits: bucket:MS, window:MS or none (bucket:1000)
          --kinesis-endpoint URL            use this endpoint and start no local one; nothing is created there
          --create-streams                  with --kinesis-endpoint: create the streams there, in the background
          --data DIR                        the folder of the durable backlog (none); one process has it at a time
          --Kpl:SETTING=VALUE               any setting of section Kpl, such as --Kpl:RecordTtl=5s
          --Logging:LogLevel:CATEGORY=LEVEL log levels; the log is on standard error
          --Kpl:Http:Identities=FILE        ask callers for API keys or tokens (on this machine everybody is taken)
          --help                            this

        Settings also come from appsettings.json in the current directory and from the environment (Kpl__RecordTtl).
        Standard output has two lines: one that starts with 'ready', and after SIGTERM or Ctrl-C one that starts with 'drained'.
        Exit 0: everything was delivered or told as failed, or is in the backlog; 1: the drain limit cut it; 2: bad arguments, settings or a taken port.
        """;
}
