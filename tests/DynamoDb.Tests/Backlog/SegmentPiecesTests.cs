using Orleans.Kpl.DynamoDb.Backlog;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.DynamoDb.Tests.Backlog;

/// <summary>Segments that are larger than an item, over a table that takes a few items at a time.</summary>
/// <remarks>Tests <see cref="DynamoDbSegmentLog"/>.</remarks>
public sealed class SegmentPiecesTests
{
    private readonly SimulatedLogTable _table = new(new Random(1));

    /// <summary>A table of 4,000 write units a second takes ten pieces of them: a record of 10 MiB was never there, and held up all behind it.</summary>
    [Fact]
    public async Task AppendAsync_WherePiecesAreThrottled_GoesOnWhereItWas()
    {
        const int pieces = 8;
        var segment = new byte[(pieces * DynamoDbSegmentLog.MaxItemBytes) - 1];
        new Random(2).NextBytes(segment);
        var log = await _table.RunAsync(DynamoDbSegmentLog.OpenAsync(_table, "events/records/w", TimeProvider.System, TimeSpan.FromDays(8), default));
        for (var tries = 0; tries < 2; tries++)
        {
            TakesMore(3);
            await Assert.ThrowsAsync<BacklogStoreException>(() => _table.RunAsync(log.AppendAsync(log.NextNumber, segment, default)));
        }

        TakesMore(pieces + 1 - (2 * 3));
        await _table.RunAsync(log.AppendAsync(log.NextNumber, segment, default));
        Assert.Equal(segment, await _table.RunAsync(log.ReadAsync(log.NextNumber, default)));
    }

    private void TakesMore(int items) => _table.Loses = _ => --items < 0;
}
