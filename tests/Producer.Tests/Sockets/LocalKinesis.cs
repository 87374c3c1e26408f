using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl.Producer.Tests.Sockets;

/// <summary>A local Kinesis endpoint with a stream <c>events</c>, and producers against it over real sockets.</summary>
internal sealed class LocalKinesis : IAsyncDisposable
{
    public const string Stream = "events";

    /// <summary>Long enough never to pass unless something is stuck.</summary>
    public static readonly TimeSpan Long = Waiting.Long;

    private LocalKinesis(LocalKinesisServer server) => Server = server;

    public LocalKinesisServer Server { get; }

    public static async Task<LocalKinesis> StartAsync(int shards = 4, Action<LocalKinesisOptions>? configure = null)
    {
        var options = new LocalKinesisOptions { Port = 0, LimitModel = LimitModel.None };
        configure?.Invoke(options);
        var server = await LocalKinesisServer.StartAsync(options);
        if (shards > 0)
            await server.Kinesis.CreateStreamAsync(Stream, shards);
        return new LocalKinesis(server);
    }

    public KplOptions Options(Action<KplOptions>? configure = null) => OptionsOf(Server.Url, configure);

    /// <summary>
    /// For producers that talk to an endpoint of the test. A busy machine makes no call time out, so that what is sent again is so for its own
    /// reason.
    /// </summary>
    public static KplOptions OptionsOf(Uri endpoint, Action<KplOptions>? configure = null)
    {
        var options = new KplOptions { RequestTimeout = Long / 2, RecordTtl = Long,
            Kinesis = { EndpointUrl = endpoint, Region = "us-east-1", AccessKeyId = "local", SecretAccessKey = "local" } };
        configure?.Invoke(options);
        return options;
    }

    public KplProducer Producer(Action<KplOptions>? configure = null, ILoggerFactory? log = null) => KplProducer.Create(Options(configure), log);

    /// <summary>An operation by the API, as someone else would call it.</summary>
    public async Task CallAsync(string operation, string json)
    {
        using var http = new HttpClient();
        var (status, text) = await http.CallKinesisAsync(operation, json, Server.Url);
        Assert.True(status == HttpStatusCode.OK, text);
    }

    /// <summary>The user records that the endpoint applied, aggregates taken apart, with the shard that took them.</summary>
    public List<(string Shard, string SequenceNumber, string Key, string Data)> Applied(string stream = Stream)
    {
        var records = new List<(string, string, string, string)>();
        foreach (var record in Server.Kinesis.GetApplied(stream))
        {
            if (!AggregateReader.TryOpen(record.Data, out var reader, out _))
            {
                records.Add((record.ShardId, record.SequenceNumber, record.PartitionKey, Encoding.UTF8.GetString(record.Data)));
                continue;
            }

            while (reader.MoveNext())
                records.Add((record.ShardId, record.SequenceNumber, Text(reader.Current.PartitionKey), Text(reader.Current.Data)));
        }

        return records;
    }

    public static UserRecord Record(int number) => new($"key-{number}", Encoding.UTF8.GetBytes($"data-{number}"));

    public static UserRecord[] Records(int count) => [.. Enumerable.Range(0, count).Select(Record)];

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
