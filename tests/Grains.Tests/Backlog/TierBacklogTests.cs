using Orleans.Kpl.LocalKinesis.Faults;
using Orleans.Kpl.Producer.Tests.Faults;
using Orleans.Kpl.Silos.Tests.Backlog;

namespace Orleans.Kpl.Grains.Tests.Backlog;

/// <summary>Silos that share a backlog.</summary>
/// <remarks>Tests <see cref="Grains.Management.DeadLetterStore"/>.</remarks>
public sealed class TierBacklogTests
{
    private static readonly PutOptions Persisted = new() { AckLevel = AckLevel.Persisted };

    private readonly SharedStores _stores = new();

    [Fact]
    public async Task Persisted_IsAnsweredAndThenDelivered_AndTheBooksAreTheTiers()
    {
        await using var tier = await Tier.StartAsync(silos: 2, backlog: _stores);
        var results = new List<RecordResult>();
        for (var silo = 0; silo < 2; silo++)
            results.AddRange(await tier.Front(silo).PutAsync(Tier.Stream, Tier.Records(500, silo * 500), Persisted));
        results.AddRange(await tier.Producer.PutRecords(new RecordBatch(Tier.Records(100, 1_000)), Persisted));

        Assert.All(results, r => Assert.Equal(RecordStatus.Persisted, r.Status));
        await Waiting.UntilAsync(async () => await tier.Manager.GetLedger() == new StreamLedger(1_100, 1_100, 0, 0, 0, 0, 0));
        Assert.Equal(1_100, ConsumerView.Of(tier.Server.Kinesis, Tier.Stream).Count(s => s.Visible));
        Assert.Equal(0, (await Admin(tier).GetBacklogAsync(Tier.Stream)).Records);
        Assert.InRange(_stores.Writers.Count, 2, 2);
    }

    [Fact]
    public async Task ASilo_ThatLeavesWhileKinesisIsDown_ItsRecordsAreDeliveredByAnother()
    {
        await using var tier = await Tier.StartAsync(silos: 2, configure: o => o.DrainTimeout = TimeSpan.FromMilliseconds(200), backlog: _stores);
        var outage = tier.Server.Kinesis.Faults.Add(new OutageFault());
        var results = await tier.Front(0).PutAsync(Tier.Stream, Tier.Records(300), Persisted);
        Assert.All(results, r => Assert.Equal(RecordStatus.Persisted, r.Status));
        await tier.Cluster.StopSiloAsync(tier.Cluster.Silos[0]);
        await Waiting.UntilAsync(async () => await BacklogAsync(tier) is { Records: 300 });

        tier.Server.Kinesis.Faults.Remove(outage);
        await Waiting.UntilAsync(async () => await BacklogAsync(tier) is { Records: 0 });
        var keys = ConsumerView.Of(tier.Server.Kinesis, Tier.Stream).Where(s => s.Visible).Select(s => s.Key).ToHashSet();
        Assert.Equal(300, keys.Count);
        // The books are written after the backlog.
        await Waiting.UntilAsync(async () => await SiloLoss.TryAsync(async () => await tier.Manager.GetLedger() == new StreamLedger(300, 300, 0, 0, 0, 0, 0)));
    }

    [Fact]
    public async Task RecordsThatKinesisNeverTakes_AreSetAsideAndOutliveTheirManager()
    {
        await using var tier = await Tier.StartAsync(silos: 2, backlog: _stores);
        var refused = tier.Server.Kinesis.Faults.Add(new ErrorFault { Type = "ValidationException", Operation = "PutRecords" });
        foreach (var silo in new[] { 0, 1 })
            await tier.Front(silo).PutAsync(Tier.Stream, Tier.Records(5, silo * 5), Persisted);
        await Waiting.UntilAsync(async () => await Admin(tier).GetDeadLettersAsync(Tier.Stream) is { Count: 10 });
        await Waiting.UntilAsync(async () => (await tier.Manager.GetFailures(max: 1_000)).Failures.Length == 10);
        var told = await tier.Manager.GetFailures(max: 1_000);
        Assert.Equal(tier.Cluster.Silos.Select(s => s.SiloAddress.ToString()).Order(), told.Failures.Select(f => f.Silo).Distinct().Order());
        await StopManagerAsync(tier);

        await Waiting.UntilAsync(() => SiloLoss.TryAsync(async () => (await Admin(tier).GetDeadLettersAsync(Tier.Stream)).Count == 10, IsManagerUnavailable));
        var letters = await Admin(tier).GetDeadLettersAsync(Tier.Stream);
        Assert.Equal(Enumerable.Range(0, 10).Select(n => $"key-{n}").Order(), letters.Select(l => l.Record.PartitionKey).Order());
        Assert.All(letters, l => Assert.Equal("ValidationException", l.ErrorCode));
        var failures = await tier.Manager.GetFailures(max: 1_000);
        Assert.Equal(10, failures.Failures.Length);
        Assert.Equal((10, 10, 0), Books(await tier.Manager.GetLedger()));

        tier.Server.Kinesis.Faults.Remove(refused);
        Assert.Equal(3, await Admin(tier).RequeueDeadLettersAsync(Tier.Stream, [.. letters.Take(3).Select(l => l.Number)]));
        await Waiting.UntilAsync(async () => (await tier.Manager.GetLedger()).Delivered == 3);
        Assert.Equal(1, await Admin(tier).DropDeadLettersAsync(Tier.Stream, [letters[3].Number]));
        Assert.Equal(new StreamLedger(10, 3, 1, 0, 0, 0, 6), await tier.Manager.GetLedger());
        Assert.Equal(6, (await Admin(tier).GetBacklogAsync(Tier.Stream)).DeadLetters);
        Assert.Equal(6, await Admin(tier).DropDeadLettersAsync(Tier.Stream));
        Assert.Empty(await Admin(tier).GetDeadLettersAsync(Tier.Stream));
    }

    [Fact]
    public async Task WithoutABacklog_EverythingIsZeroAndPersistedIsRefused()
    {
        await using var tier = await Tier.StartAsync(silos: 1);
        await Assert.ThrowsAsync<NotSupportedException>(() => tier.Producer.PutRecords(new RecordBatch(Tier.Records(1)), Persisted));
        await tier.Front(0).PutAsync(Tier.Stream, Tier.Records(1));

        Assert.Equal(new BacklogStatus(), await Admin(tier).GetBacklogAsync(Tier.Stream));
        Assert.Equal(new StreamLedger(1, 1, 0, 0, 0, 0, 0), await Admin(tier).GetLedgerAsync(Tier.Stream));
        Assert.Empty(await Admin(tier).GetDeadLettersAsync(Tier.Stream));
        Assert.Equal((0, 0), (await Admin(tier).RequeueDeadLettersAsync(Tier.Stream), await Admin(tier).DropDeadLettersAsync(Tier.Stream, [7])));
    }

    private static (long Accepted, long DeadLettered, long InBacklog) Books(StreamLedger ledger) => (ledger.Accepted, ledger.DeadLettered, ledger.InBacklog);

    private static IBacklogAdmin Admin(Tier tier) => tier.Cluster.Silos[^1].ServiceProvider.GetRequiredService<IBacklogAdmin>();

    /// <summary>Null while a silo that has just stopped is asked.</summary>
    private static Task<BacklogStatus?> BacklogAsync(Tier tier) => SiloLoss.TryAsync(() => tier.Manager.GetBacklog());

    private static bool IsManagerUnavailable(Exception error) => error is StreamManagerException { Code: StreamManagerErrorCodes.ManagerUnavailable };

    private static async Task StopManagerAsync(Tier tier)
    {
        var management = tier.Cluster.Client.GetGrain<Orleans.Runtime.IManagementGrain>(0);
        var address = await management.GetActivationAddress(tier.Manager);
        await tier.Cluster.StopSiloAsync(tier.Cluster.Silos.Single(s => s.SiloAddress.Equals(address)));
    }
}
