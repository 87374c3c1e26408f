using Orleans.Kpl.Cluster.Tests.Running;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.DynamoDb.Tests.Membership;

/// <summary>Silos that write and read one table at once.</summary>
public sealed class MembersContentionTests(DynamoDbLocal dynamo)
{
    private const int Writers = 16;

    private int _updates;
    private int _applied;
    private int _refused;
    private int _failed;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Sixteen silos: the version counts the updates that said true, and what is read is of one instant.</summary>
    [Fact]
    public Task ManyWriters_RaiseTheVersionOnceForEachTrue_AndNobodyReadsARowOfTheFuture() => WriteAndReadAsync(updates: 30);

    [Fact]
    [Trait("Category", "Long")]
    public Task ManyWriters_OfAThousandUpdates_RaiseTheVersionOnceForEachTrue_AndNobodyReadsARowOfTheFuture() => WriteAndReadAsync(updates: 1_000);

    private async Task WriteAndReadAsync(int updates)
    {
        _updates = updates;
        using var rows = await new MemberRows(await dynamo.UrlAsync()).MadeAsync();
        await rows.InsertAsync([.. Enumerable.Range(1, Writers).Select(i => MemberRows.Row(i))]);
        var first = (await rows.Table.ReadAllAsync(Cancelled)).Version;

        using var done = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var reading = ReadAsync(rows, done.Token);
        await Task.WhenAll(Enumerable.Range(1, Writers).Select(i => Task.Run(() => WriteAsync(rows, i))));
        await done.CancelAsync();
        var reads = await reading;

        var last = (await rows.Table.ReadAllAsync(Cancelled)).Version;
        TestContext.Current.SendDiagnosticMessage($"{_applied} applied, {_refused} refused, {_failed} failed, {reads} read meanwhile");
        Assert.True(_applied >= _updates, $"{_applied}");
        Assert.True(_refused > 0, "no two writers met");
        Assert.True(reads > 0);
        Assert.Equal((first.Number + _applied, first.ETag + _applied), (last.Number, last.ETag));
    }

    private async Task WriteAsync(MemberRows rows, int port)
    {
        using var table = rows.Open();
        while (Volatile.Read(ref _applied) < _updates)
        {
            try
            {
                var read = await table.ReadAllAsync(Cancelled);
                var (row, tag) = read.Rows.Single(r => r.Row.Port == port);
                // What a row says is checked by its readers: the version that wrote it.
                var next = row with { ProxyPort = read.Version.Number + 1 };
                if (await table.UpdateAsync(next, tag, read.Version.Number + 1, read.Version.ETag, Cancelled))
                    Interlocked.Increment(ref _applied);
                else
                    Interlocked.Increment(ref _refused);
            }
            catch (StateStoreException)
            {
                // Neither true nor false: Orleans reads again. What was not said to be applied must not have been.
                Interlocked.Increment(ref _failed);
            }
        }
    }

    private static async Task<int> ReadAsync(MemberRows rows, CancellationToken done)
    {
        using var table = rows.Open();
        for (var reads = 0; ; reads++)
        {
            if (done.IsCancellationRequested)
                return reads;
            try
            {
                var read = await table.ReadAllAsync(CancellationToken.None);
                Assert.DoesNotContain(read.Rows, r => r.Row.ProxyPort != 30_000 && r.Row.ProxyPort > read.Version.Number);
                // The row that the version was written with is there too.
                if (read.Version.Number > Writers)
                    Assert.Contains(read.Rows, r => r.Row.ProxyPort == read.Version.Number);
                Assert.Equal(Writers, read.Rows.Count);
            }
            catch (StateStoreException)
            {
                // The rows changed each time while they were read; it says so.
            }
        }
    }
}
