using System.Net;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.Interop.Tests;

/// <summary>Processes that know nothing of each other share a shard that enforces its limits.</summary>
public sealed class SharedShardProcessTests(ITestOutputHelper output)
{
    private const string Stream = "shared";
    private const double BytesPerSecond = 1 << 20;

    /// <summary>Two of our producers, saturated, and somebody else's plain PutRecords at half of the shard's rate.</summary>
    [Fact]
    [Trait("Category", "Long")]
    public async Task TwoProducersAndAForeignWriterAtHalfRate_ForFiveMinutes_UseTheShardFairlyAndAreHardlyThrottled()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there is no SIGINT to send");
        await using var tier = await LocalProcess.StartReadyAsync("--stream", $"{Stream}=1");
        using var http = new HttpClient { BaseAddress = tier.Kinesis };
        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        var before = TimeProvider.System.GetTimestamp();

        var ours = Enumerable.Range(0, 2).Select(_ => BenchProcess.Start(tier.Kinesis, Stream)).ToList();
        var foreign = await WriteAsync(http, BytesPerSecond / 2, stop.Token);
        var (applied, throttled, bytes) = await AccountAsync(http);
        var seconds = TimeProvider.System.GetElapsedTime(before).TotalSeconds;
        var delivered = new List<long>();
        foreach (var bench in ours)
            delivered.Add(await bench.StopAsync());

        var used = bytes / (BytesPerSecond * seconds);
        var refused = throttled - foreign.Throttled;
        var offered = applied - foreign.Applied + refused;
        var inequality = delivered.Max() / (double)delivered.Min();
        output.WriteLine(
            $"{seconds:F1} s: used {used:P2}, {refused} of our {offered} Kinesis records throttled ({refused / (double)offered:P2}), "
            + $"{foreign.Throttled} of the other's {foreign.Applied + foreign.Throttled}, our records {string.Join(" and ", delivered)} ({inequality:F2})");
        Assert.True(used >= 0.9);
        Assert.True(refused <= 0.01 * offered);
        Assert.True(inequality <= 2);
    }

    /// <summary>Keeps its pace, whatever happens, and tries nothing again.</summary>
    private static async Task<(long Applied, long Throttled)> WriteAsync(HttpClient http, double bytesPerSecond, CancellationToken stop)
    {
        const int Record = 1_024, Key = 36;
        var every = TimeSpan.FromMilliseconds(50);
        using var timer = new PeriodicTimer(every);
        var start = TimeProvider.System.GetTimestamp();
        var (applied, throttled) = (0L, 0L);
        while (!stop.IsCancellationRequested && await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            var due = (long)(TimeProvider.System.GetElapsedTime(start).TotalSeconds * bytesPerSecond / (Record + Key)) - applied - throttled;
            var records = Enumerable.Range(0, (int)Math.Min(500, due))
                .Select(_ => new { Data = new byte[Record], PartitionKey = $"{Guid.NewGuid()}" }).ToList();
            if (records.Count == 0)
                continue;
            var (status, text) = await http.CallKinesisAsync("PutRecords", new { StreamName = Stream, Records = records });
            Assert.True(status == HttpStatusCode.OK, text);
            var failed = (int)JsonNode.Parse(text)!["FailedRecordCount"]!;
            (applied, throttled) = (applied + records.Count - failed, throttled + failed);
        }

        return (applied, throttled);
    }

    private static async Task<(long Applied, long Throttled, long Bytes)> AccountAsync(HttpClient http)
    {
        var streams = JsonNode.Parse(await http.GetStringAsync("/_account"))!.AsArray();
        var shard = streams.Single(s => (string?)s!["name"] == Stream)!["shards"]![0]!;
        return ((long)shard["applied_records"]!, (long)shard["throttled_records"]!, (long)shard["applied_bytes"]!);
    }
}
