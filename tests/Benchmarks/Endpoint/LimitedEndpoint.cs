using System.Diagnostics;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>What the shards of a stream took and refused, at one instant of the endpoint's clock.</summary>
internal sealed record LimitedCount(double Seconds, long Records, long Bytes, long Throttled);

/// <summary>The local Kinesis endpoint, which enforces a shard's limits, in a process of its own.</summary>
internal static class LimitedEndpoint
{
    public const string Verb = "limited-endpoint";

    /// <summary>Command to make a stream: its name says how many shards, see <see cref="ShardRanges.OfStream"/>.</summary>
    public const string Create = "create ";

    /// <summary>Command to count what a stream took.</summary>
    public const string Count = "count ";

    /// <summary>Command to let a shard take nothing from now on.</summary>
    public const string Throttle = "throttle ";

    /// <summary>Command to take no connection from now on.</summary>
    public const string GoAway = "go away";

    /// <summary>Command to be there again.</summary>
    public const string ComeBack = "come back";

    /// <param name="limitModel">How limits of shards are enforced.</param>
    /// <param name="certificateFile">Certificate and key; null for clear text.</param>
    public static async Task RunAsync(string limitModel, string? certificateFile)
    {
        await using var server = await LocalKinesisServer.StartAsync(new LocalKinesisOptions
        {
            Port = 0,
            TlsPort = certificateFile is null ? null : 0,
            TlsCertificateFile = certificateFile,
            LimitModel = LimitModel.Parse(limitModel),
            Account = AccountMode.Counts,
        });
        ChildProcess.Tell((server.TlsUrl ?? server.Url).Port);
        await ChildProcess.ServeAsync(async command =>
        {
            if (command.StartsWith(Count, StringComparison.Ordinal))
                return CountOf(server.Kinesis.Get(command[Count.Length..]));
            if (command.StartsWith(Throttle, StringComparison.Ordinal))
            {
                server.Kinesis.Faults.Add(new ThrottleShardFault { ShardId = command[Throttle.Length..] });
                return true;
            }

            if (command == GoAway)
            {
                server.Kinesis.Faults.Add(new OutageFault());
                return true;
            }

            if (command == ComeBack)
            {
                server.Kinesis.Faults.Clear();
                return true;
            }

            var stream = command[Create.Length..];
            await server.Kinesis.CreateStreamAsync(stream, ShardRanges.OfStream(stream).Count);
            return true;
        });
    }

    private static LimitedCount CountOf(StreamSnapshot stream) => new(
        Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency,
        stream.Shards.Sum(s => s.AppliedRecords), stream.Shards.Sum(s => s.AppliedBytes), stream.Shards.Sum(s => s.ThrottledRecords));
}
