using System.Diagnostics;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>The local Kinesis endpoint, where limits of shards, distance or TLS are part of what is measured.</summary>
internal sealed class LocalEndpoint
{
    public const string Verb = "local-endpoint";

    // More than any run puts that is verified; former runs leave when it is full.
    private const long RetentionBytes = 4L << 30;

    private readonly KinesisEndpoint _kinesis;

    private LocalEndpoint(KinesisEndpoint kinesis) => _kinesis = kinesis;

    /// <param name="limitModel">How limits of shards are enforced, or <c>none</c>.</param>
    /// <param name="hasTls">Whether it is asked over TLS.</param>
    public static async Task RunAsync(string limitModel, bool hasTls)
    {
        var authorityFile = hasTls ? Path.GetTempFileName() : "";
        await using var server = await LocalKinesisServer.StartAsync(new LocalKinesisOptions
        {
            Port = 0, TlsPort = hasTls ? 0 : null, LimitModel = LimitModel.Parse(limitModel), RetentionBytes = RetentionBytes,
            DeletingTime = TimeSpan.Zero,
        });
        if (hasTls)
            await File.WriteAllTextAsync(authorityFile, server.Certificate!.ExportCertificatePem());
        ChildProcess.Tell(new EndpointLocation(server.TlsUrl ?? server.Url, authorityFile));
        var endpoint = new LocalEndpoint(server.Kinesis);
        await ChildProcess.ServeAsync(command => endpoint.AnswerAsync(command.Split(' ')[0], command.Split(' ')[1]));
        if (hasTls)
            File.Delete(authorityFile);
    }

    private async Task<object> AnswerAsync(string verb, string of)
    {
        switch (verb)
        {
            case EndpointProcess.Begin:
                if (_kinesis.Find(of) is not null)
                    _kinesis.Delete(of);
                await _kinesis.CreateStreamAsync(of, BenchStream.ShardsOf(of));
                return true;
            case EndpointProcess.Count:
                return CountOf(_kinesis.Get(of));
            case EndpointProcess.Report:
                return EndpointReport.Sum(_kinesis.Get(of).Shards.Select(shard => Verify(of, shard)));
            case EndpointProcess.Throttle:
                _kinesis.Faults.Add(new ThrottleShardFault { ShardId = of });
                return true;
            default:
                var half = TimeSpan.FromMilliseconds(int.Parse(of) / 2.0);
                _kinesis.Faults.Add(new LatencyFault { Delay = half });
                _kinesis.Faults.Add(new LatencyFault { Delay = half, AfterApplying = true });
                return true;
        }
    }

    private EndpointReport Verify(string stream, ShardSnapshot shard)
    {
        if (shard.AppliedRecords != shard.RetainedRecords)
            throw new InvalidOperationException("the bench put more than the endpoint keeps");
        var verifier = new EndpointVerifier(shard.StartingHashKey, shard.EndingHashKey);
        foreach (var record in _kinesis.GetApplied(stream, shard.ShardId))
            verifier.Add(record.Data);
        return verifier.Found;
    }

    private static EndpointCount CountOf(StreamSnapshot stream) => new(
        Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency,
        stream.Shards.Sum(static s => s.AppliedRecords), stream.Shards.Sum(static s => s.AppliedBytes), stream.Shards.Sum(static s => s.ThrottledRecords));
}
