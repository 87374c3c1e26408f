namespace Orleans.Kpl.Host.Settings;

/// <summary>The text of <c>--help</c>.</summary>
internal static class SiloUsage
{
    public const string Text = """
        A silo of a cluster that produces to Kinesis: an owner for each shard, HTTP for records.

          --Kpl:SETTING=VALUE               any setting of section Kpl, such as
            --Kpl:Cluster:Membership=dynamodb   many silos that meet in a DynamoDB table; default localhost, one silo
            --Kpl:Cluster:SiloPort=11111        where other silos reach this one
            --Kpl:Cluster:GatewayPort=30000     where clients reach it
            --Kpl:Cluster:CertificateFile=FILE  PEM for mutual TLS on these ports, with SiloCaCertFile and ClientCaCertFile; needed
                                                beyond this machine, unless --Kpl:Cluster:AllowPlaintext=true
            --Kpl:DynamoDb:ServiceUrl=URL       a DynamoDB other than AWS's own
            --Kpl:Kinesis:EndpointUrl=URL       a Kinesis other than AWS's own
            --Kpl:Http:Port=8080                where HTTP is
            --Kpl:Http:Identities=FILE          who may do what, by API key or token; needed beyond this machine
            --Kpl:Http:CertificateFile=FILE     PEM with its certificate and key: HTTP is then HTTPS
          --Logging:LogLevel:CATEGORY=LEVEL log levels; the log is on standard error
          --help                            this

        Settings also come from appsettings.json in the current directory and from the environment (Kpl__Cluster__SiloPort).
        Port 0 takes a free one. Standard output has two lines: one that starts with 'ready', and after SIGTERM or Ctrl-C one that
        starts with 'drained'. Exit 0: everything was delivered or told as failed, or it was stopped before it was ready; 1: the
        drain limit cut it; 2: bad arguments, settings or a taken port, and another start would end so too; 3: a table or Kinesis was
        away or refused, and may be there later.
        """;
}
