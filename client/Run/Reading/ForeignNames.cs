namespace Orleans.Kpl.Run.Reading;

/// <summary>What other programs have in such files and <c>kpl</c> has not, each with the way round.</summary>
internal static class ForeignNames
{
    /// <summary>The way round for whatever else records come from.</summary>
    public const string AnyInput = "What reads from anywhere can write to kpl's standard input, or put to a tier as to Kinesis (docs/from-shippers.md)";

    private const string Shipper = "let a shipper read it (Vector, Fluent Bit, Redpanda Connect) and put to a tier as to Kinesis (docs/from-shippers.md)";
    private const string Script = "use parse_json, set, delete, rename and select, or let a program change the lines: PROGRAM | kpl run with input stdin";

    /// <summary>The inputs of others.</summary>
    public static IReadOnlyDictionary<string, string> OfInputs { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["amqp"] = Shipper,
        ["amqp_0_9"] = Shipper,
        ["amqp_1"] = Shipper,
        ["aws_kinesis"] = "kpl tail reads a stream: kpl tail --follow | kpl run with input stdin",
        ["aws_s3"] = "aws s3 cp OBJECT - | kpl run with input stdin",
        ["aws_sqs"] = Shipper,
        ["azure_event_hub"] = Shipper,
        ["clickhouse"] = Shipper,
        ["elasticsearch"] = Shipper,
        ["exec"] = "PROGRAM | kpl run with input stdin",
        ["fluent"] = "use Fluent Bit's own Kinesis output, against a tier (docs/from-shippers.md)",
        ["gcp_pubsub"] = Shipper,
        ["generate"] = "kpl bench makes records to measure with",
        ["http_client"] = "curl URL | kpl run with input stdin",
        ["journald"] = "journalctl --follow --output json | kpl run with input stdin",
        ["kafka"] = Shipper,
        ["kafka_franz"] = Shipper,
        ["mqtt"] = Shipper,
        ["nats"] = Shipper,
        ["nats_jetstream"] = Shipper,
        ["pulsar"] = Shipper,
        ["rabbitmq"] = Shipper,
        ["redis"] = Shipper,
        ["redis_streams"] = Shipper,
        ["socket"] = "input tcp takes lines",
        ["syslog"] = "let syslog-ng or rsyslog write lines to input tcp, or post to a tier (docs/from-shippers.md)",
        ["udp"] = "let syslog-ng or rsyslog take it, and write lines to input tcp",
        ["websocket"] = Shipper,
        ["zeromq"] = Shipper,
    };

    /// <summary>The processors of others.</summary>
    public static IReadOnlyDictionary<string, string> OfProcessors { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["bloblang"] = Script,
        ["compress"] = "gzip compresses each record",
        ["decode"] = Script,
        ["fiddlerscript"] = Script,
        ["filter"] = Script,
        ["jq"] = "jq --compact-output --unbuffered PROGRAM | kpl run with input stdin",
        ["lines"] = "every input takes a line as a record",
        ["lua"] = Script,
        ["mapping"] = Script,
        ["noop"] = "leave it out",
        ["python"] = Script,
        ["remap"] = Script,
        ["switch"] = Script,
        ["transform"] = Script,
        ["try"] = "a record that cannot be changed fails alone; output.fallback keeps it",
    };

    /// <summary>The outputs of others.</summary>
    public static IReadOnlyDictionary<string, string> OfOutputs { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["aws_kinesis_firehose"] = "let Firehose read from a stream",
        ["aws_kinesis_streams"] = "it is called aws_kinesis here",
        ["kinesis"] = "it is called aws_kinesis here",
        ["kinesis_streams"] = "it is called aws_kinesis here",
        ["stdout"] = "kpl puts records; kpl tail reads them back",
    };
}
