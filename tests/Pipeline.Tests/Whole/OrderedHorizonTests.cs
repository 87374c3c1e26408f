namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <summary>
/// An ordered shard takes one Kinesis record in a round trip. Callers put more than that for longer than records live. Kinesis is well, so whatever
/// was accepted is delivered, and the shard is busy all the time.
/// </summary>
public sealed class OrderedHorizonTests(ITestOutputHelper output)
{
    private const int Callers = 20;
    private const int Size = 100;

    /// <summary>What goes as a Kinesis record of its own.</summary>
    public enum Own
    {
        /// <summary>Nothing: records are aggregated.</summary>
        None,

        /// <summary>Every record of the stream.</summary>
        Every,

        /// <summary>Every record, because its put asks for that.</summary>
        Alone,
    }

    public static MatrixTheoryData<Own, int, int, int> All { get; } = new([Own.None, Own.Every, Own.Alone], [1, 300], [5, 30], [5, 20, 100, 250]);

    [Theory]
    [InlineData(Own.Every, 1, 30, 20)]
    [InlineData(Own.Alone, 1, 30, 20)]
    [InlineData(Own.Alone, 300, 5, 100)]
    [InlineData(Own.Every, 300, 30, 250)]
    [InlineData(Own.None, 300, 5, 250)]
    public Task Block_UnderMoreThanTheShardTakes_NothingThatWasAcceptedExpires(Own own, int batch, int ttl, int roundTrip) =>
        PutAsync(own, batch, ttl, roundTrip);

    [Theory, Trait("Category", "Long")]
    [MemberData(nameof(All))]
    public Task Block_WithEachRoundTrip_NothingThatWasAcceptedExpires(Own own, int batch, int ttl, int roundTrip) => PutAsync(own, batch, ttl, roundTrip);

    /// <summary>Twice as long is what the other half of the time-to-live is for.</summary>
    [Theory]
    [InlineData(20, 40)]
    [InlineData(100, 20)]
    public Task Block_WhileRoundTripsChange_NothingThatWasAcceptedExpires(int roundTrip, int later) => PutAsync(Own.Alone, 1, 5, roundTrip, later);

    private async Task PutAsync(Own own, int batch, int ttl, int roundTrip, int? later = null)
    {
        await using var harness = new PipelineHarness(shards: 1, o =>
        {
            (o.Ordered, o.RecordTtl, o.MaxOutstandingBytes) = (OrderedMode.PutRecords, TimeSpan.FromSeconds(ttl), 256 << 20);
            o.AggregationEnabled = own != Own.Every;
        });
        var (step, now, calls) = (Math.Min(roundTrip, 20), roundTrip, 0);
        harness.Kinesis.BeforePut = (_, c) =>
        {
            calls++;
            return new ValueTask(Task.Delay(TimeSpan.FromMilliseconds(now), harness.Time, c));
        };
        var load = new BusyCallers(
            harness, Callers, (caller, put) => [.. Enumerable.Range(0, batch).Select(n => new UserRecord($"{caller}-{put}-{n}", new byte[Size]))],
            new PutOptions { Alone = own == Own.Alone });
        var half = TimeSpan.FromSeconds((ttl + 4) / 2.0);
        await harness.PassAsync(half, step);
        now = later ?? now;
        await harness.PassAsync(half, step);

        var (callsThen, busy) = (calls, (ttl + 4) * 1_000.0 / roundTrip);
        var results = await load.EndAsync(step);
        output.WriteLine($"{results.Count} accepted, {callsThen} calls");
        if (own != Own.None && later is null)
            Assert.InRange(callsThen, 0.9 * busy, busy + 1);
    }
}
