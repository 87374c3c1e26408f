using Orleans.Kpl.DynamoDb.Backlog;

namespace Orleans.Kpl.DynamoDb.Tests.Backlog;

/// <summary>What waits in a table that lets segments expire, under a clock that days pass on.</summary>
/// <remarks>Tests <see cref="DynamoDbSegmentLog"/>.</remarks>
public sealed class LogRenewalTests
{
    private const string Log = "events/records/w";

    private readonly JumpingTime _time = new();
    private readonly SimulatedLogTable _table = new(new Random(1));

    /// <summary>An operator who raised BacklogMaxAge so as to keep what waits was told nothing, and on the ninth day it was gone.</summary>
    [Theory]
    [InlineData(100)]
    [InlineData((3 * DynamoDbSegmentLog.MaxItemBytes) - 1)]
    public async Task RenewAsync_OfALogThatIsKeptLongerNow_KeepsWhatWasWrittenBefore(int bytes)
    {
        var segment = new byte[bytes];
        var log = await OpenAsync(8);
        await _table.RunAsync(log.AppendAsync(log.NextNumber, segment, default));
        log = await OpenAsync(31);
        await _table.RunAsync(log.RenewAsync(default));
        Pass(9);

        Assert.Equal(segment, await _table.RunAsync(log.ReadAsync(Assert.Single(log.Found).Number, default)));
    }

    [Fact]
    public async Task RenewAsync_OnceADay_KeepsWhatWaits_ButNotWhatIsDone()
    {
        var log = await OpenAsync(8);
        var first = log.NextNumber;
        for (var i = 0; i < 3; i++)
            await _table.RunAsync(log.AppendAsync(first + i, new byte[3], default));
        await _table.RunAsync(log.RemoveAsync([first + 1], default));
        await _table.RunAsync(log.SetAsideAsync(first + 2, default));
        for (var day = 0; day < 40; day++)
        {
            await _table.RunAsync(log.RenewAsync(default));
            Pass(1);
        }

        Assert.Equal([first, first + 2], _table.ItemsOf(Log).Where(static i => i.IsWritten).Select(static i => i.Number).Order());
    }

    /// <summary>Each renewal costs as much as the segment's write did.</summary>
    [Fact]
    public async Task RenewAsync_BeforeHalfOfTheTimeIsOver_WritesNothing_AndThenEachOnce()
    {
        var log = await OpenAsync(8);
        for (var i = 0; i < 300; i++)
            await _table.RunAsync(log.AppendAsync(log.NextNumber + i, new byte[3], default));
        Pass(3.9);
        await _table.RunAsync(log.RenewAsync(default));
        Assert.Equal(0, _table.Renewals);

        Pass(0.2);
        await _table.RunAsync(log.RenewAsync(default));
        Assert.InRange(_table.Renewals, 1, 299);
        await _table.RunAsync(log.RenewAsync(default));
        await _table.RunAsync(log.RenewAsync(default));
        Assert.Equal(300, _table.Renewals);
    }

    private Task<DynamoDbSegmentLog> OpenAsync(int days) =>
        _table.RunAsync(DynamoDbSegmentLog.OpenAsync(_table, Log, _time, TimeSpan.FromDays(days), default));

    private void Pass(double days)
    {
        _time.Jump(TimeSpan.FromDays(days));
        _table.Expire(_time.GetUtcNow());
    }
}
