using Orleans.Kpl.LocalKinesis.Faults;
using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Tests.Faults;

public class ArmedFaultTests
{
    [Fact]
    public void TryHit_WithTheSameSeed_HitsTheSameCalls()
    {
        var hits = Hits(new DropBeforeFault { Probability = 0.3 }, seed: 5);
        Assert.Equal(hits, Hits(new DropBeforeFault { Probability = 0.3 }, seed: 5));
        Assert.NotEqual(hits, Hits(new DropBeforeFault { Probability = 0.3 }, seed: 6));
        Assert.InRange(hits.Count(hit => hit), 540, 660);
    }

    [Fact]
    public void TryHit_WithAfterAndCount_HitsThoseInBetween()
    {
        var hits = Hits(new DropBeforeFault { After = 3, Count = 2 });
        Assert.Equal([3, 4], hits.Select((hit, i) => hit ? i : -1).Where(i => i >= 0));
    }

    [Fact]
    public void TryHit_WhenItsTimeIsOver_HitsNothing()
    {
        var armed = new ArmedFault(1, new DropBeforeFault { For = TimeSpan.FromSeconds(1) }, 1, 0);
        Assert.True(armed.TryHit(TimeSpan.TicksPerSecond - 1));
        Assert.False(armed.TryHit(TimeSpan.TicksPerSecond));
        Assert.Equal((1, 1), (armed.Snapshot().Matches, armed.Snapshot().Hits));
    }

    [Fact]
    public async Task Add_WhenSettingsAreWrong_NamesAllOfThem()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        var error = Assert.Throws<ArgumentException>(() => endpoint.Kinesis.Faults.Add(
            new ResetFault { OverBytes = -1, Probability = 2, After = -1, Count = 0, For = TimeSpan.Zero, Stream = "events" }));
        string[] names = ["over_bytes", "probability", "after", "count", "for", "stream"];
        Assert.All(names, name => Assert.Contains(name, error.Message, StringComparison.Ordinal));
    }

    /// <summary>One by its ARN met nothing, and a test of an application passed without its fault.</summary>
    [Theory]
    [InlineData("events")]
    [InlineData("arn:aws:kinesis:us-east-1:000000000000:stream/events")]
    public async Task Stream_ByNameOrArn_IsThatStream(string stream)
    {
        await using var endpoint = await TestEndpoint.StartAsync(shards: 1);
        await endpoint.Kinesis.CreateStreamAsync("orders", 1);
        endpoint.Kinesis.Faults.Add(new ErrorFault { Type = "KMSDisabledException", Stream = stream });

        await endpoint.FailAsync("DescribeStreamSummary", new { StreamName = "events" });
        await endpoint.CallAsync("DescribeStreamSummary", new { StreamName = "orders" });
    }

    /// <summary>It closed every connection, whatever it was to select, and never ended.</summary>
    [Fact]
    public async Task Add_OfAnOutageThatSelectsCalls_IsRefused()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        OutageFault[] outages =
            [new() { Count = 1 }, new() { After = 1 }, new() { Probability = 0.5 }, new() { Operation = "PutRecords" }, new() { OverBytes = 1 }];
        foreach (var outage in outages)
        {
            var error = Assert.Throws<ArgumentException>(() => endpoint.Kinesis.Faults.Add(outage));
            Assert.Contains("an outage meets every call", error.Message, StringComparison.Ordinal);
        }
    }

    private static List<bool> Hits(Fault fault, int seed = 1)
    {
        var armed = new ArmedFault(1, fault, seed, 0);
        return [.. Enumerable.Range(0, 2_000).Select(_ => armed.TryHit(0))];
    }
}
