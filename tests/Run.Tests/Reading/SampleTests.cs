using System.Globalization;
using Orleans.Kpl.Run.Reading;

namespace Orleans.Kpl.Run.Tests.Reading;

/// <summary>Files as others have them: each is taken as it stands, or refused by the name of what is not there, with the way round.</summary>
/// <remarks>Tests <see cref="RunFileReader"/>, <see cref="InputReader"/>, <see cref="ProcessorReader"/> and <see cref="OutputReader"/>.</remarks>
public sealed class SampleTests
{
    private static readonly (string Name, string Value)[] Environment =
        [("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "secret"), ("OTHER_KEY", "AKOTHER"), ("OTHER_SECRET", "other")];

    /// <summary>A file, and what its refusal names; empty for one that is taken.</summary>
    public static TheoryData<string, string, string> Samples => new()
    {
        { "the stream alone", "output:\n  aws_kinesis:\n    stream_name: \"orders\"\n", "" },
        { "a key", "output:\n  aws_kinesis:\n    stream_name: \"orders\"\n    partition_key: \"shop_id\"\n    region: \"eu-west-1\"\n", "" },
        {
            "credentials", """
            output:
              aws_kinesis:
                stream_name: "orders"
                region: "eu-west-1"
                credentials:
                  access_key_id: "${AWS_ACCESS_KEY_ID}"
                  secret_access_key: "${AWS_SECRET_ACCESS_KEY}"
            """, ""
        },
        { "a batch", "output:\n  aws_kinesis:\n    stream_name: \"many\"\n    batch:\n      size: 500\n      duration: \"5s\"\n", "" },
        {
            "retries", """
            output:
              retry:
                max_retries: 3
                initial_wait: "1s"
                max_wait: "30s"
                backoff: "exponential"
              aws_kinesis:
                stream_name: "orders"
            """, ""
        },
        { "a server and fields", "input: { http_server: { port: 8080 } }\nprocessors: [ parse_json, set: { ingested_at: now() } ]\noutput: { aws_kinesis: { stream_name: events } }", "" },
        {
            "a server and a script", """
            input:
              http_server:
                port: 8080
            processors:
              - fiddlerscript:
                  code: |
                    this = this;
            output:
              aws_kinesis:
                stream_name: "events"
            """, "processors[0].fiddlerscript"
        },
        { "kafka", "input:\n  kafka:\n    brokers: [\"one:9092\"]\n    topics: [\"orders\"]\noutput:\n  aws_kinesis:\n    stream_name: \"orders\"\n    partition_key: \"order_id\"\n", "input.kafka" },
        { "amqp", "input:\n  amqp:\n    url: \"amqp://localhost\"\n    queue: \"all\"\n    prefetch_count: 1000\noutput:\n  aws_kinesis:\n    stream_name: \"orders\"\n    batch:\n      size: 500\n      duration: \"1s\"\n", "input.amqp" },
        { "a local endpoint", "input:\n  stdin: {}\noutput:\n  aws_kinesis:\n    stream_name: \"try\"\n    region: \"us-east-1\"\n    endpoint_url: \"http://localhost:4566\"\n", "" },
        { "another account", "output:\n  aws_kinesis:\n    stream_name: \"orders\"\n    region: \"eu-west-1\"\n    credentials:\n      access_key_id: \"${OTHER_KEY}\"\n      secret_access_key: \"${OTHER_SECRET}\"\n", "" },
        { "a file and a name", "label: Mine\ninput:\n  file:\n    filename: lines.jsonl\n    codec: Lines\noutput:\n  aws_kinesis:\n    stream_name: orders\n", "" },
        { "a server for all", "input:\n  http_server:\n    address: \"0.0.0.0\"\n    port: 9000\n    path: \"/events\"\noutput:\n  aws_kinesis:\n    stream_name: orders\n", "input.http_server.address" },
        { "a server with a token", "input:\n  retry: { max_retries: 3 }\n  http_server:\n    address: \"0.0.0.0\"\n    auth: { type: bearer, token: \"mine\" }\noutput:\n  aws_kinesis:\n    stream_name: orders\n", "" },
        { "a server with TLS", "input:\n  http_server:\n    tls: { cert: a, key: b }\noutput:\n  aws_kinesis:\n    stream_name: orders\n", "input.http_server.tls" },
        { "a port", "input:\n  retry: { max_retries: 3 }\n  tcp:\n    port: 9000\noutput:\n  aws_kinesis:\n    stream_name: orders\n", "input.tcp" },
        { "metrics", "output:\n  aws_kinesis:\n    stream_name: orders\nmetrics: { interval: 5 }\n", "metrics" },
        { "another output", "output:\n  stdout: {}\n", "output.stdout" },
    };

    [Theory]
    [MemberData(nameof(Samples))]
    public void Sample_IsTaken_OrRefusedByName(string name, string text, string refused)
    {
        var read = ReadText.Of(text, Environment);
        if (refused.Length == 0)
        {
            Assert.True(read.Errors.Count == 0, $"{name}: {string.Join('\n', read.Errors)}");
            Assert.NotNull(read.File);
            return;
        }

        Assert.Null(read.File);
        var error = Assert.Single(read.Errors, error => !error.Contains("one output is needed", StringComparison.Ordinal));
        Assert.Contains($": {refused}: ", error, StringComparison.Ordinal);
        Assert.True(error.Length > 60, $"no way round: {error}");
    }

    [Fact]
    public void Output_HasEveryFieldOfTheFile()
    {
        var read = ReadText.Of("""
            output:
              aws_kinesis:
                stream_name: orders
                region: eu-west-1
                endpoint_url: http://127.0.0.1:4567
                credentials: { access_key_id: a, secret_access_key: b, session_token: c }
                batch: { size: 501, duration: 250ms, max_batch_bytes: 1000000 }
              retry: { max_retries: 5, initial_wait: 2s, max_wait: 8s, backoff: Linear }
              fallback: { file: failed.ndjson }
            """);
        Assert.Empty(read.Errors);
        Assert.Contains("output.aws_kinesis.batch.size: 501 is more than a call of PutRecords takes: 500", Assert.Single(read.Warnings), StringComparison.Ordinal);
        var output = Assert.IsType<KinesisOutput>(read.File!.Output);
        Assert.Equal(("orders", "eu-west-1", "failed.ndjson"), (output.Stream, output.Region, output.Fallback));
        Assert.Equal(new Uri("http://127.0.0.1:4567"), output.Endpoint);
        Assert.Equal(("a", "b", "c"), (output.AccessKeyId, output.SecretAccessKey, output.SessionToken));
        Assert.Equal((500, TimeSpan.FromMilliseconds(250), 1_000_000L), (output.BatchSize, output.BatchDuration, output.BatchBytes));
        Assert.Equal(new RetrySettings(5, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(8), BackoffKind.Linear), output.Retry);
        Assert.Equal(TimeSpan.FromSeconds(2 + 4 + 6 + 8 + 8), output.Retry!.AllWaits);
    }

    /// <summary>Who loads such a file knows its defaults. Whoever posts waits for the answer, and not for company.</summary>
    [Theory]
    [InlineData("stdin", 5)]
    [InlineData("http_server", null)]
    [InlineData("{ http_server: { acknowledgment: false } }", 5)]
    public void Duration_ThatIsNotSaid_IsThatOfOthers(string input, int? seconds)
    {
        var read = ReadText.Of($"input: {input}\noutput: {{ aws_kinesis: {{ stream_name: s }}, retry: {{}} }}");
        Assert.Empty(read.Errors);
        var output = Assert.IsType<KinesisOutput>(read.File!.Output);
        Assert.Equal(seconds is { } s ? TimeSpan.FromSeconds(s) : null, output.BatchDuration);
        Assert.Equal(new RetrySettings(3, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), BackoffKind.Exponential), output.Retry);
    }

    [Theory]
    [InlineData("batch: { size: 0 }", "batch.size: 0 is not 1 or more")]
    [InlineData("batch: { size: many }", "batch.size: 'many' is no whole number")]
    [InlineData("batch: { duration: soon }", "batch.duration: 'soon' is no duration from 0ms to 24d")]
    [InlineData("batch: { duration: 5 }", "batch.duration: '5' has no unit: write 5ms or 5s; m, h and d are units too")]
    [InlineData("batch: { max_batch_bytes: 1 }", "batch.max_batch_bytes: 1 is not from 52224 to 10485760")]
    [InlineData("batch: [1]", "batch: must be a mapping of names to values, and is a list")]
    [InlineData("credentials: { access_key_id: a }", "credentials: secret_access_key is missing")]
    [InlineData("endpoint_url: here", "endpoint_url: 'here' is no http or https address")]
    [InlineData("endpoint_url: 'http://a:b@c'", "endpoint_url: has a user or a password in it")]
    [InlineData("partition_key: { static: a, timestamp: ~ }", "partition_key: must be a field, a list of fields")]
    [InlineData("partition_key: a..b", "partition_key: 'a..b' is no field")]
    [InlineData("partition_key: []", "partition_key: must be a text or a list of texts")]
    [InlineData("hash_key: { static: x }", "hash_key: explicit hash key must be")]
    [InlineData("stream_nam: x", "stream_nam: is not known; the nearest is stream_name")]
    public void Output_WithABadField_NamesItsPlaceAndRange(string field, string error)
    {
        var read = ReadText.Of($"output:\n  aws_kinesis:\n    stream_name: orders\n    {field}\n");
        Assert.Null(read.File);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"output.aws_kinesis.{error}"), Assert.Single(read.Errors), StringComparison.Ordinal);
        Assert.StartsWith("run.yaml:", Assert.Single(read.Errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("input: []", "must be a name, or a name with its settings")]
    [InlineData("input: { stdin: {}, file: { path: a } }", "input.file: is a second input")]
    [InlineData("input: carrier_pigeon", "input.carrier_pigeon: is not known; inputs are")]
    [InlineData("input: { file: {} }", "input.file: path is missing")]
    [InlineData("input: { file: { path: a, paths: [b] } }", "path and paths say the same")]
    [InlineData("input: { file: { path: a, max_in_flight: 0 } }", "input.file.max_in_flight: 0 is not from 1 to 1000000")]
    [InlineData("input: { file: { path: \"a\\0b\" } }", "input.file.path: has the character NUL in it")] // It ended the run with a stack trace.
    [InlineData("input: { file: { path: a, checkpoint: \"a\\0\" } }", "input.file.checkpoint: has the character NUL in it")]
    [InlineData("input: { http_server: { path: in } }", "path: 'in' is no path")]
    [InlineData("input: { http_server: { path: '/a/:b' } }", "has parameters, which are not taken here")]
    [InlineData("input: { http_server: { port: 70000 } }", "input.http_server.port: 70000 is not from 0 to 65535")]
    [InlineData("input: { http_server: { address: '10.0.0.7' } }", "input.http_server.address: 10.0.0.7 is reached from other machines")]
    [InlineData("input: { http_server: { address: '::1' } }", "input.http_server.address: ::1 is an IPv6 address, which is not taken here")]
    [InlineData("input: { http_server: { auth: { type: basic, username: u } } }", "input.http_server.auth: password is missing")]
    [InlineData("processors: [gzip, set: { a: 1 }]", "processors[1].set: stands behind gzip")]
    [InlineData("processors: [set: { a: later() }]", "later() is not known; there are now() and uuid()")]
    [InlineData("processors: [select: { log_key: a }]", "must be a text or a list of texts")]
    [InlineData("processors: [shred]", "processors[0].shred: is not known; processors are")]
    public void File_WithABadPart_SaysWhat(string part, string error)
    {
        var read = ReadText.Of($"{part}\noutput: {{ aws_kinesis: {{ stream_name: orders }} }}");
        Assert.Null(read.File);
        Assert.Contains(error, Assert.Single(read.Errors), StringComparison.Ordinal);
    }

    /// <summary>Nothing could switch the usual patterns off.</summary>
    [Theory]
    [InlineData("", 5)]
    [InlineData(", exclude: []", 0)]
    [InlineData(", exclude: ['*.gz', '*~']", 2)]
    public void Exclude_MayBeEmpty(string exclude, int patterns)
    {
        var read = ReadText.Of($"input: {{ file: {{ path: '*'{exclude} }} }}\noutput: {{ aws_kinesis: {{ stream_name: orders }} }}");
        Assert.Empty(read.Errors);
        Assert.Equal(patterns, Assert.IsType<FileInputSettings>(read.File!.Input).Exclude.Count);
    }

    /// <summary>It listed metrics, which are refused.</summary>
    [Fact]
    public void File_WithANameThatIsNotKnown_IsToldOfThoseThatAreTaken()
    {
        var error = Assert.Single(ReadText.Of("zzzzzzzz: 1\noutput: { aws_kinesis: { stream_name: orders } }").Errors);
        Assert.EndsWith("known are input, label, output, processors", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_AreToldAllAtOnce_InTheOrderOfTheFile()
    {
        var read = ReadText.Of("input: { file: { path: a, follow: maybe } }\nprocessors: [jump]\noutput:\n  aws_kinesis: { batch: { size: -1 } }\n  retry: { backoff: never }\n");
        Assert.Equal([1, 2, 4, 4, 5], read.Errors.Select(static error => int.Parse(error.Split(':')[1], CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Tier_IsTheOtherOutput()
    {
        var read = ReadText.Of("output: { tier: { url: 'http://127.0.0.1:8080', stream_name: orders, partition_key: id } }");
        Assert.Equal(new Uri("http://127.0.0.1:8080"), Assert.IsType<TierOutput>(read.File!.Output).Url);
        Assert.Contains("exclude each other", Assert.Single(ReadText.Of("output: { tier: { stream_name: a }, aws_kinesis: { stream_name: a } }").Errors), StringComparison.Ordinal);
        Assert.Contains("output.retry: goes with aws_kinesis only", Assert.Single(ReadText.Of("output: { tier: { stream_name: a }, retry: {} }").Errors), StringComparison.Ordinal);
    }

    /// <summary>The checkpoint replaced the failed records, which it had passed.</summary>
    [Theory]
    [InlineData("cp7", true)]
    [InlineData("./cp7", true)]
    [InlineData("failed.ndjson", false)]
    public void Fallback_ThatIsTheCheckpoint_IsRefused(string fallback, bool isRefused)
    {
        var read = ReadText.Of(
            $"input: {{ file: {{ path: a.log, checkpoint: cp7 }} }}\noutput: {{ tier: {{ stream_name: events }}, fallback: {{ file: {fallback} }} }}");
        Assert.Equal(isRefused, read.Errors.Any(static e => e.Contains("fallback.file and input.file.checkpoint are one file, 'cp7'", StringComparison.Ordinal)));
    }
}
