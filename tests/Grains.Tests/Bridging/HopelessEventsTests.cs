namespace Orleans.Kpl.Grains.Tests.Bridging;

/// <summary>What Kinesis could never take does not hold up the events behind it, and is not lost without a trace.</summary>
/// <remarks>Tests <see cref="Grains.Bridging.HopelessEvents"/> and <see cref="Grains.Bridging.BridgedStream"/>.</remarks>
public sealed class HopelessEventsTests
{
    private const int MostBytes = 1 << 20;

    [Fact]
    public async Task AnEventThatIsTooLarge_IsOnTheListWithItsBytes_AndThoseBehindItGoOn()
    {
        var queues = new KeptQueues();
        await using var tier = await Tier.StartAsync(silos: 1, shards: 1, also: queues.Bridge);
        var large = new string('x', MostBytes);
        queues.Append(BridgedEvents.Stream("user-1"), "before");
        queues.Append(BridgedEvents.Stream("user-1"), large);
        queues.Append(BridgedEvents.Stream("user-1"), "behind");
        queues.Append(BridgedEvents.Stream(new string('k', 257)), "key too long");
        await Waiting.UntilAsync(() => queues.Counts.Acknowledged == 4);

        Assert.Equal(["before", "behind"], BridgedEvents.Read(tier).SelectMany(static r => r.Payload.Events));
        var failures = await FailuresAsync(tier);
        Assert.Equal(
            [RecordErrorCodes.InvalidPartitionKey, RecordErrorCodes.RecordTooLarge],
            failures.Select(static f => f.Result.ErrorCode).Order(StringComparer.Ordinal));
        var record = failures.Single(static f => f.Result.ErrorCode == RecordErrorCodes.RecordTooLarge).Result.Record!.Value;
        Assert.Equal("user-1", record.PartitionKey);
        Assert.True(record.Data.Length > MostBytes);
    }

    [Fact]
    public async Task ABatchThatIsTooLarge_GoesInParts_InItsOrder()
    {
        var queues = new KeptQueues();
        await using var tier = await Tier.StartAsync(silos: 1, shards: 1, also: queues.Bridge);
        object[] events = [.. Enumerable.Range(0, 5).Select(static n => $"{n}{new string('x', MostBytes * 2 / 5)}")];
        queues.Append(BridgedEvents.Stream("user-1"), [.. events]);
        await Waiting.UntilAsync(() => queues.Counts.Acknowledged == 1);

        var read = BridgedEvents.Read(tier);
        Assert.Equal(events, read.SelectMany(static r => r.Payload.Events));
        Assert.Equal([2, 1, 2], read.Select(static r => r.Payload.Events.Count));
        Assert.Empty((await tier.Manager.GetFailures()).Failures);
    }

    /// <summary>A page ends before a failure that would make it larger than 1 MiB.</summary>
    private static async Task<List<StreamFailure>> FailuresAsync(Tier tier)
    {
        List<StreamFailure> failures = [];
        FailurePage page;
        long last = 0;
        do
        {
            page = await tier.Manager.GetFailures(last);
            failures.AddRange(page.Failures);
            last = page.Next;
        }
        while (page.HasMore);
        return failures;
    }
}
