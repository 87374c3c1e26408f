using System.Diagnostics;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>The local Kinesis endpoint at a distance: it enforces a shard's limits, and half of each round trip passes before a call is applied.</summary>
internal static class OrderedEndpoint
{
    public const string Verb = "ordered-endpoint";

    /// <summary>Command to count what a stream took.</summary>
    public const string Count = "count ";

    /// <summary>Command to verify the order of all that a stream took.</summary>
    public const string Check = "check ";

    public static async Task RunAsync(string stream, int roundTripMs)
    {
        await using var server = await LocalKinesisServer.StartAsync(new LocalKinesisOptions
        {
            Port = 0,
            LimitModel = LimitModel.Parse("bucket:1000"),
            RetentionBytes = 1L << 30,
        });
        await server.Kinesis.CreateStreamAsync(stream, ShardRanges.OfStream(stream).Count);
        var half = TimeSpan.FromMilliseconds(roundTripMs / 2.0);
        server.Kinesis.Faults.Add(new LatencyFault { Stream = stream, Delay = half });
        server.Kinesis.Faults.Add(new LatencyFault { Stream = stream, Delay = half, AfterApplying = true });
        ChildProcess.Tell(server.Url.Port);
        await ChildProcess.ServeAsync(command => Task.FromResult<object>(command.StartsWith(Count, StringComparison.Ordinal)
            ? CountOf(server.Kinesis.Get(command[Count.Length..]))
            : OrderVerifier.Verify(server.Kinesis.GetApplied(command[Check.Length..]))));
    }

    private static LimitedCount CountOf(StreamSnapshot stream) => new(
        Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency,
        stream.Shards.Sum(s => s.AppliedRecords), stream.Shards.Sum(s => s.AppliedBytes), stream.Shards.Sum(s => s.ThrottledRecords));
}
