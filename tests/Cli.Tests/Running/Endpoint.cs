using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.LocalKinesis;
using System.Text;

namespace Orleans.Kpl.Cli.Tests.Running;

/// <summary>A local Kinesis endpoint with a stream.</summary>
internal sealed class Endpoint : IAsyncDisposable
{
    public const string Stream = "events";

    private readonly LocalKinesisServer _server;

    private Endpoint(LocalKinesisServer server) => _server = server;

    public string Url => _server.Url.ToString();

    public KinesisEndpoint Kinesis => _server.Kinesis;

    public static async Task<Endpoint> StartAsync(int shards = 2, int port = 0, TimeProvider? time = null)
    {
        var options = new LocalKinesisOptions
        {
            Port = port, Reshards = new ReshardTiming { CutOverDelay = TimeSpan.Zero }, TimeProvider = time ?? TimeProvider.System,
        };
        var server = await LocalKinesisServer.StartAsync(options);
        await server.Kinesis.CreateStreamAsync(Stream, shards);
        return new Endpoint(server);
    }

    /// <summary>The user records that were applied, with their partition keys, in any order.</summary>
    public IEnumerable<(string Key, string Data)> Applied()
    {
        foreach (var record in Kinesis.GetApplied(Stream))
        {
            if (AggregatedRecordCodec.TryDecode(record.Data, out var members, out _))
            {
                foreach (var member in members)
                    yield return (Encoding.UTF8.GetString(member.PartitionKey.Span), Encoding.UTF8.GetString(member.Data.Span));
            }
            else
                yield return (record.PartitionKey, Encoding.UTF8.GetString(record.Data));
        }
    }

    public Task<CliRun> PutAsync(string lines, params string[] more) => CliRun.RunAsync(lines, ["put", "--endpoint", Url, .. more]);

    public Task<CliRun> TailAsync(params string[] more) => CliRun.RunAsync(["tail", "--endpoint", Url, .. more]);

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
