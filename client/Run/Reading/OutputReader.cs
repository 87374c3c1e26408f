using Orleans.Kpl.Run.Processing;
using Orleans.Kpl.Run.Yaml;

namespace Orleans.Kpl.Run.Reading;

/// <summary>Reads section <c>output</c>.</summary>
internal static class OutputReader
{
    private const int MostRecords = 500;
    private const long LeastBytes = 52_224;
    private const long MostBytes = 10_485_760;

    private static readonly TimeSpan Longest = TimeSpan.FromDays(24);
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>Reads the output; null if it has an error.</summary>
    /// <param name="input">The input, which a default depends on.</param>
    public static RunOutput? Read(FieldReader fields, RunInput input)
    {
        foreach (var (name, advice) in ForeignNames.OfOutputs)
            fields.Refuse(name, advice);
        var (kinesis, tier) = (fields.Section("aws_kinesis"), fields.Section("tier"));
        var retry = fields.Section("retry") is { } section ? ReadRetry(section) : null;
        var fallback = fields.Section("fallback") is { } to ? ReadFallback(to) : null;
        fields.End();
        if ((kinesis is null) == (tier is null))
        {
            fields.Findings.Error(fields.Location, kinesis is null ? "one output is needed: aws_kinesis or tier" : "aws_kinesis and tier exclude each other");
            return null;
        }

        if (tier is not null && retry is not null)
            fields.Findings.Error(fields.Section("retry")!.Location, "goes with aws_kinesis only: a tier tries again by settings of its own");
        var one = kinesis ?? tier!;
        var output = ReadPlace(one, kinesis is not null ? ReadKinesis(one, input) with { Retry = retry } : new TierOutput { Url = Address(one, "url") });
        one.End();
        return output with { Fallback = fallback };
    }

    private static RunOutput ReadPlace(FieldReader fields, RunOutput output)
    {
        var streamField = fields.Value("stream_field") is { } named && fields.Text("stream_field") is { } text
            ? KeyReader.Path(text, named.Location, fields.Findings)
            : null;
        var stream = fields.Text("stream_name", isRequired: streamField is null);
        if (stream is not null && !StreamName.IsFit(stream))
            fields.Findings.Error(fields.Value("stream_name")!.Location, $"'{stream}' is not {StreamName.Rule}");
        var (hashKey, hashKeyField) = fields.Value("hash_key") is { } hash ? KeyReader.ReadHashKey(hash, fields.Findings) : default;
        return output with
        {
            Stream = stream, StreamField = streamField, HashKey = hashKey, HashKeyField = hashKeyField,
            Key = fields.Value("partition_key") is { } key ? KeyReader.Read(key, fields.Findings) : KeyChoice.Random,
        };
    }

    private static KinesisOutput ReadKinesis(FieldReader fields, RunInput input)
    {
        var credentials = fields.Section("credentials");
        var output = new KinesisOutput
        {
            Region = fields.Text("region"),
            Endpoint = Address(fields, "endpoint_url"),
            AccessKeyId = credentials?.Text("access_key_id", isRequired: true),
            SecretAccessKey = credentials?.Text("secret_access_key", isRequired: true),
            SessionToken = credentials?.Text("session_token"),
            // Whoever posts waits for the answer, and so not for company.
            BatchDuration = input is HttpInputSettings { Acknowledgment: true } ? null : TimeSpan.FromSeconds(5),
        };
        credentials?.End();
        return fields.Section("batch") is { } batch ? ReadBatch(batch, output) : output;
    }

    private static KinesisOutput ReadBatch(FieldReader batch, KinesisOutput output)
    {
        var size = batch.Number("size", 1, long.MaxValue);
        if (size > MostRecords)
            batch.Findings.Warn(batch.Value("size")!.Location, $"{size} is more than a call of PutRecords takes: {MostRecords}");
        var bytes = batch.Number("max_batch_bytes", LeastBytes, MostBytes);
        var duration = batch.Duration("duration", TimeSpan.Zero, Longest);
        batch.End();
        var most = (int?)(size > MostRecords ? MostRecords : size);
        return output with { BatchSize = most, BatchBytes = bytes, BatchDuration = duration ?? output.BatchDuration };
    }

    private static RetrySettings ReadRetry(FieldReader fields)
    {
        var retries = fields.Number("max_retries", 0, 999_999);
        var initial = fields.Duration("initial_wait", Millisecond, Hour) ?? TimeSpan.FromSeconds(1);
        var longest = fields.Duration("max_wait", Millisecond, Hour) ?? TimeSpan.FromSeconds(30);
        if (longest < initial)
            fields.Findings.Error(fields.Location, "max_wait is shorter than initial_wait");
        var backoff = fields.Choice("backoff", "exponential", "linear", "constant") switch
        {
            "linear" => BackoffKind.Linear,
            "constant" => BackoffKind.Constant,
            _ => BackoffKind.Exponential,
        };
        fields.End();
        return new RetrySettings((int)(retries ?? 3), initial, longest, backoff);
    }

    private static string? ReadFallback(FieldReader fields)
    {
        var file = fields.Text("file", isRequired: true);
        fields.End();
        return file;
    }

    private static Uri? Address(FieldReader fields, string name)
    {
        if (fields.Text(name) is not { } text)
            return null;
        if (HttpAddress.Parse(text) is { } address)
            return address;
        fields.Findings.Error(fields.Value(name)!.Location, HttpAddress.Refuse(text));
        return null;
    }
}
