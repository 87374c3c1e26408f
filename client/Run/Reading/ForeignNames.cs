namespace Orleans.Kpl.Run.Reading;

/// <summary>The names that other programs have in such files and <c>kpl</c> has not, each with the way round.</summary>
internal static class ForeignNames
{
    /// <summary>The way round for whatever else records come from.</summary>
    public const string AnyInput = "What reads from anywhere can write to kpl's standard input, or put to a tier as to Kinesis (docs/from-shippers.md)";

    /// <summary>The inputs of others.</summary>
    public static IReadOnlyDictionary<string, string> OfInputs { get; } = Table(
        ("amqp amqp_0_9 amqp_1 aws_sqs azure_event_hub clickhouse elasticsearch gcp_pubsub kafka kafka_franz mqtt nats nats_jetstream pulsar rabbitmq redis "
            + "redis_streams websocket zeromq",
            "let a shipper read it (Vector, Fluent Bit, Redpanda Connect) and put to a tier as to Kinesis (docs/from-shippers.md)"),
        ("socket tcp", "nc -lk PORT | kpl run with input stdin, or let the sender post to a tier (docs/from-shippers.md)"),
        ("syslog udp", "let syslog-ng or rsyslog take it, and post to a tier (docs/from-shippers.md)"),
        ("fluent", "use Fluent Bit's own Kinesis output, against a tier (docs/from-shippers.md)"),
        ("aws_kinesis", "kpl tail reads a stream: kpl tail --follow | kpl run with input stdin"),
        ("aws_s3", "aws s3 cp OBJECT - | kpl run with input stdin"),
        ("exec", "PROGRAM | kpl run with input stdin"),
        ("generate", "kpl bench makes records to measure with"),
        ("http_client", "curl URL | kpl run with input stdin"),
        ("journald", "journalctl --follow --output json | kpl run with input stdin"));

    /// <summary>The processors of others.</summary>
    public static IReadOnlyDictionary<string, string> OfProcessors { get; } = Table(
        ("bloblang decode fiddlerscript filter lua mapping python remap rename switch transform",
            "use parse_json, set, delete and select, or let a program change the lines: PROGRAM | kpl run with input stdin"),
        ("compress", "gzip compresses each record"),
        ("jq", "jq --compact-output --unbuffered PROGRAM | kpl run with input stdin"),
        ("lines", "stdin and file take a line as a record"),
        ("noop", "leave it out"),
        ("try", "a record that cannot be changed fails alone; output.fallback keeps it"));

    /// <summary>The outputs of others.</summary>
    public static IReadOnlyDictionary<string, string> OfOutputs { get; } = Table(
        ("aws_kinesis_firehose", "let Firehose read from a stream"),
        ("aws_kinesis_streams kinesis kinesis_streams", "it is called aws_kinesis here"),
        ("stdout", "kpl puts records; kpl tail reads them back"));

    private static Dictionary<string, string> Table(params IEnumerable<(string Names, string Advice)> rows) =>
        rows.SelectMany(static r => r.Names.Split(' '), static (r, name) => (name, r.Advice)).ToDictionary(StringComparer.Ordinal);
}
