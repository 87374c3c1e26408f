using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Producer.Tests.Logging;
using Orleans.Kpl.Silos.Leases;
using Orleans.Kpl.Silos.Tests.Leases;

namespace Orleans.Kpl.Silos.Tests.Nodes;

/// <summary>A table that is away is asked four times a second. Each try was a line with a stack trace: gigabytes in two days.</summary>
/// <remarks>Tests <see cref="SiloLease"/> in a silo.</remarks>
public sealed class LogBudgetTests
{
    [Fact]
    public async Task ASilo_WhoseTableIsAway_WritesAFewLinesAMinute()
    {
        var (log, time, renewals) = (new CapturedLog(), new FakeTimeProvider(), 0);
        var rows = new FailingRows
        {
            OnWrite = (kind, _) => kind == SiloLease.Kind && Interlocked.Increment(ref renewals) > 0 ? new StateStoreException("the table is away") : null,
        };
        await using var world = new NodeWorld(shards: 1) { Rows = rows, Loggers = log, Time = time };
        var silo = await world.StartAsync();
        _ = silo.Node.Lease.HoldAsync();
        await time.PassUntilAsync(() => Volatile.Read(ref renewals) > 300, TimeSpan.FromMilliseconds(250));

        var lines = log.Texts.Count(static t => t.Contains("The lease of this silo was not renewed", StringComparison.Ordinal));
        Assert.InRange(lines, 1, 100);
        Assert.Contains(log.Texts, static t => t.Contains("more events of kind LogNotRenewed", StringComparison.Ordinal));
    }
}
