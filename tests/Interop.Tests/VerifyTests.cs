using System.Text.Json;
using Orleans.Kpl.Metrics.Tests.CloudWatch;

namespace Orleans.Kpl.Interop.Tests;

/// <summary><c>kpl verify</c> reads endpoints that others wrote.</summary>
public sealed class VerifyTests
{
    private const string Stream = "events";

    private static readonly UInt128 Middle = UInt128.One << 127;

    [Fact]
    public async Task Verify_OnMoto_FindsWhatWasPlanted()
    {
        await using var moto = await Moto.StartAsync();
        await CheckAsync(moto.Url);
    }

    [Fact]
    public async Task Verify_OnKinesalite_FindsWhatWasPlanted()
    {
        await using var server = await StandIn.StartAsync("kinesalite.mjs");
        await CheckAsync(server.Url);
    }

    /// <summary>Two shards, of which one is split: a loss before and one after it, a copy and a swap.</summary>
    private static async Task CheckAsync(Uri url)
    {
        using var planted = new PlantedStream(url, Stream);
        await planted.CallAsync("CreateStream", new { StreamName = Stream, ShardCount = 2 });
        await UntilActiveAsync(planted);
        await planted.PutAsync(
            new(0, 100), new(103, 47), new(110, 2), new(0, 10, Line: 2, Hash: Middle), new(20, 10, Line: 2, Hash: Middle), new(10, 10, Line: 2, Hash: Middle));
        var shards = await planted.CallAsync("ListShards", new { StreamName = Stream });
        var upper = shards.GetProperty("Shards").EnumerateArray()
            .Single(static s => UInt128.Parse(s.GetProperty("HashKeyRange").GetProperty("EndingHashKey").GetString()!) == UInt128.MaxValue);
        await planted.CallAsync("SplitShard", new
        {
            StreamName = Stream, ShardToSplit = upper.GetProperty("ShardId").GetString(), NewStartingHashKey = (Middle + (Middle / 2)).ToString(),
        });
        await UntilActiveAsync(planted);
        await planted.PutAsync(new(31, 9, Line: 2, Hash: Middle + 1), new(0, 5, Line: 3, Hash: UInt128.MaxValue - 1));
        // Kinesalite never answers who asks for a shard's records from a time on that it has none of: nothing may be under way.
        var planting = DateTimeOffset.UtcNow;
        await Waiting.UntilAsync(() => DateTimeOffset.UtcNow - planting > TimeSpan.FromSeconds(1));

        var told = await Command.RunAsync(
            Checkout.Program("Orleans.Kpl.Cli", "kpl"), ["verify", "--stream", Stream, "--endpoint", url.ToString(), "--record-ttl", "100ms", "--json"]);

        Assert.True(told.ExitCode == 1, told.Error);
        var json = JsonDocument.Parse(told.Output).RootElement;
        Assert.Equal(
            ["missing 1 100 102", "missing 2 30 30", "duplicate 1 110 111", "out_of_order 2 10 19"],
            json.GetProperty("faults").EnumerateArray()
                .Select(static f => $"{f.GetProperty("fault")} {f.GetProperty("line")} {f.GetProperty("first")} {f.GetProperty("last")}"));
        Assert.Equal((193, 4), (json.GetProperty("records").GetInt32(), json.GetProperty("missing").GetInt32()));
    }

    private static Task UntilActiveAsync(PlantedStream planted) => Waiting.UntilAsync(async () =>
        (await planted.CallAsync("DescribeStreamSummary", new { StreamName = Stream }))
            .GetProperty("StreamDescriptionSummary").GetProperty("StreamStatus").GetString() == "ACTIVE");
}
