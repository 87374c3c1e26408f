using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Producer.Tests.Logging;
using Orleans.Kpl.Silos.Management;
using Orleans.Kpl.Silos.Tests.Nodes;

namespace Orleans.Kpl.Silos.Tests.Management;

public sealed class FailureReporterTests
{
    private const int Streams = 20;

    /// <summary>Streams are what anybody names: each name that was ever put into stayed for as long as the silo ran.</summary>
    [Fact]
    public async Task StreamsWhoseFailuresWereReported_AreForgotten()
    {
        await using var world = new NodeWorld(shards: 1, static o => o.RecordTtl = TimeSpan.FromSeconds(5));
        world.Kinesis.BeforeList = static _ => throw new KinesisException(KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound, "no", 400);
        var silo = await world.StartAsync();
        var reporter = new FailureReporter(
            silo.Node.Producer, world.Managers, silo.Node.Silos, TimeProvider.System, NullLogger<FailureReporter>.Instance);
        reporter.Start();
        var told = 0;
        silo.Node.Producer.RecordFailed += _ => Interlocked.Increment(ref told);

        var puts = Enumerable.Range(0, Streams).Select(i => silo.Node.Producer.PutAsync($"made-up-{i}", new UserRecord("k", new byte[1])).AsTask());
        Assert.All(await Task.WhenAll(puts).WaitAsync(Waiting.Long), static r => Assert.False(r.IsSuccess));

        await Waiting.UntilAsync(() => Volatile.Read(ref told) == Streams && reporter.Streams == 0);
        Assert.Equal(0, reporter.Bytes);
    }

    /// <summary>While no manager answered, each stream kept 10,000 failed records with their data, however large: beside every limit of memory.</summary>
    [Fact]
    public async Task FailuresOfAManagerThatDoesNotAnswer_AreKeptWithinALimitOfBytes_AndLeaveOthersRoom()
    {
        await using var world = new NodeWorld(shards: 1);
        var silo = await world.StartAsync();
        var managers = new SilentManagers();
        var reporter = new FailureReporter(silo.Node.Producer, managers, silo.Node.Silos, TimeProvider.System, NullLogger<FailureReporter>.Instance);
        var record = new UserRecord("k", new byte[1 << 20]);
        for (var i = 0; i < 2_000; i++)
        {
            var result = RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.Expired, "late", record);
            reporter.Add(new RecordFailure { Stream = i < 1_000 ? "silent" : "beside", Record = record, Result = result });
        }

        Assert.InRange(reporter.Bytes, 20 << 20, 32 << 20);
        managers.Answer.SetResult();

        await Waiting.UntilAsync(() => reporter.Streams == 0);
        Assert.Equal(0, reporter.Bytes);
        foreach (var stream in (string[])["silent", "beside"])
        {
            var reports = managers.Reports.Where(r => r.Stream == stream).ToList();
            Assert.Equal(1_000, reports.Sum(static r => r.Batch.Entries.Count + r.Batch.LeftOut));
            Assert.InRange(reports.Sum(static r => r.Batch.Entries.Count), 5, 16);
        }
    }

    /// <summary>It tried once a second for as long as the process lived, which may do other things after its silo has ended.</summary>
    [Fact]
    public async Task ASiloThatWasDisposed_ReportsNothingAnyMore()
    {
        var time = new FakeTimeProvider();
        await using var world = new NodeWorld(shards: 1, static o => o.RecordTtl = TimeSpan.FromSeconds(5)) { Time = time };
        var silo = await world.StartAsync();
        await world.PassAsync(silo.DeliverAsync(1));
        world.Kinesis.GoAway();
        world.Managers.RefusesReports = true;
        await world.PassAsync(silo.PutAsync(1));
        await time.PassUntilAsync(() => world.Managers.ReportsRefused > 1, TimeSpan.FromSeconds(1));

        await world.PassAsync(world.StopAsync(silo));
        await world.PassAsync(silo.Node.DisposeAsync().AsTask());
        var refused = world.Managers.ReportsRefused;
        for (var i = 0; i < 5; i++)
            time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(refused, world.Managers.ReportsRefused);
    }

    /// <summary>Each try after it said, once a second, that 0 records did not get onto the list.</summary>
    [Fact]
    public async Task FailuresThatWereNotTold_AreLoggedOnce_HoweverOftenTheirNumberIsTriedAgain()
    {
        var (time, log, managers) = (new FakeTimeProvider(), new CapturedLog(), new SilentManagers());
        managers.Answer.SetException(new TimeoutException("no answer"));
        await using var world = new NodeWorld(shards: 1);
        var silo = await world.StartAsync();
        var reporter = new FailureReporter(silo.Node.Producer, managers, silo.Node.Silos, time, new Logger<FailureReporter>(log));
        var result = RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.Expired, "late", new UserRecord("k", default));
        reporter.Add(new RecordFailure { Stream = NodeWorld.Stream, Record = new UserRecord("k", default), Result = result });
        await time.PassUntilAsync(() => managers.Reports.Count > 3, TimeSpan.FromSeconds(1));

        Assert.Equal("1 failed records of stream events did not get onto its list", Assert.Single(log.Entries).Line);
        Assert.All(managers.Reports.Skip(1), static r => Assert.Equal((0, 1), (r.Batch.Entries.Count, r.Batch.LeftOut)));
    }

    /// <summary>Managers that take reports, and do not answer yet.</summary>
    private sealed class SilentManagers : FakeManagers
    {
        public TaskCompletionSource Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ConcurrentQueue<(string Stream, FailureBatch Batch)> Reports { get; } = new();

        public override Task ReportFailuresAsync(string stream, FailureBatch failures)
        {
            Reports.Enqueue((stream, failures));
            return Answer.Task;
        }
    }
}
