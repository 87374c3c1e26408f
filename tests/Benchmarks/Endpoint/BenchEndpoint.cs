using System.Diagnostics;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>Where an endpoint answers.</summary>
/// <param name="Url">Its address.</param>
/// <param name="AuthorityFile">Whom to trust for its certificate; empty without TLS.</param>
internal sealed record EndpointPlace(Uri Url, string AuthorityFile);

/// <summary>What the shards of a stream took and refused, at one instant of the endpoint's clock.</summary>
internal sealed record EndpointCount(double Seconds, long Records, long Bytes, long Throttled);

/// <summary>The process of an <see cref="EndpointProcess"/>: the local Kinesis endpoint, which answers one command a line.</summary>
internal sealed class BenchEndpoint
{
    public const string Verb = "endpoint";

    /// <summary>Command to forget what was taken; a stream that is not there is made, with the shards that its name tells.</summary>
    public const string Begin = "begin";

    /// <summary>Command to count what a stream took.</summary>
    public const string Count = "count";

    /// <summary>Command to take apart what a stream took since it began.</summary>
    public const string Report = "report";

    /// <summary>Command to let a shard take nothing.</summary>
    public const string Throttle = "throttle";

    /// <summary>Command to be so many milliseconds away, there and back.</summary>
    public const string Distance = "distance";

    // More than a run of any bench puts.
    private const long RetentionBytes = 6L << 30;

    private readonly KinesisEndpoint _kinesis;
    private readonly Dictionary<string, long[]> _before = [];

    private BenchEndpoint(KinesisEndpoint kinesis) => _kinesis = kinesis;

    /// <param name="limitModel">How limits of shards are enforced, or <c>none</c>.</param>
    /// <param name="hasTls">Whether it is asked over TLS.</param>
    public static async Task RunAsync(string limitModel, bool hasTls)
    {
        var authorityFile = hasTls ? Path.GetTempFileName() : "";
        await using var server = await LocalKinesisServer.StartAsync(new LocalKinesisOptions
        {
            Port = 0, TlsPort = hasTls ? 0 : null, LimitModel = LimitModel.Parse(limitModel), RetentionBytes = RetentionBytes,
        });
        if (hasTls)
            await File.WriteAllTextAsync(authorityFile, server.Certificate!.ExportCertificatePem());
        ChildProcess.Tell(new EndpointPlace(server.TlsUrl ?? server.Url, authorityFile));
        var endpoint = new BenchEndpoint(server.Kinesis);
        await ChildProcess.ServeAsync(command => endpoint.AnswerAsync(command.Split(' ')[0], command.Split(' ')[1]));
        if (hasTls)
            File.Delete(authorityFile);
    }

    private async Task<object> AnswerAsync(string verb, string of)
    {
        switch (verb)
        {
            case Begin:
                _kinesis.Forget();
                var stream = _kinesis.Find(of) ?? await _kinesis.CreateStreamAsync(of, BenchStream.ShardsOf(of));
                _before[of] = [.. stream.Shards.Select(static s => s.AppliedRecords)];
                return true;
            case Count:
                return CountOf(_kinesis.Get(of));
            case Report:
                return EndpointVerifier.Verify(_kinesis, of, _before[of]);
            case Throttle:
                _kinesis.Faults.Add(new ThrottleShardFault { ShardId = of });
                return true;
            default:
                var half = TimeSpan.FromMilliseconds(int.Parse(of) / 2.0);
                _kinesis.Faults.Add(new LatencyFault { Delay = half });
                _kinesis.Faults.Add(new LatencyFault { Delay = half, AfterApplying = true });
                return true;
        }
    }

    private static EndpointCount CountOf(StreamSnapshot stream) => new(
        Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency,
        stream.Shards.Sum(static s => s.AppliedRecords), stream.Shards.Sum(static s => s.AppliedBytes), stream.Shards.Sum(static s => s.ThrottledRecords));
}
