using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Silos.Backlog;
using Orleans.Kpl.Silos.Tests.Leases;

namespace Orleans.Kpl.Silos.Tests.Backlog;

/// <summary>What a silo looks at before it does anything.</summary>
public sealed class StartChecksTests
{
    private readonly MemoryStateStore _rows = new();
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tables_OfAnotherCluster_AreRefusedWithBothNames()
    {
        await Owner("blue").CheckAsync(Cancelled);
        await Owner("blue").CheckAsync(Cancelled);

        var refused = await Assert.ThrowsAsync<KplOptionsException>(() => Owner("green").CheckAsync(Cancelled));
        var error = Assert.Single(refused.Errors);
        Assert.Contains("TablePrefix is 'shared-': these tables belong to cluster 'blue', and Kpl:Cluster:Id is 'green'", error, StringComparison.Ordinal);
        Assert.Contains("row cluster/id of shared-state", error, StringComparison.Ordinal);
        Assert.Equal("blue", (await _rows.ReadAsync(TableOwner.Kind, TableOwner.Key, Cancelled))!.Text);
    }

    [Fact]
    public async Task Tables_WhoseRowWasDeleted_AreTheNextOnes()
    {
        await Owner("blue").CheckAsync(Cancelled);
        Assert.True(await _rows.DeleteAsync(TableOwner.Kind, TableOwner.Key, 1, Cancelled));
        await Owner("green").CheckAsync(Cancelled);

        await Assert.ThrowsAsync<KplOptionsException>(() => Owner("blue").CheckAsync(Cancelled));
    }

    [Fact]
    public async Task Tables_ClaimedByTwoAtOnce_AreOnesOnly()
    {
        var claims = await Task.WhenAll(new[] { "blue", "green" }.Select(async id =>
        {
            await Task.Yield();
            return await Record.ExceptionAsync(() => Owner(id).CheckAsync(Cancelled));
        }));

        Assert.IsType<KplOptionsException>(Assert.Single(claims.OfType<Exception>()));
    }

    /// <summary>The next start may find them: that is no wrong setting, after which nothing starts the silo again.</summary>
    [Fact]
    public async Task Tables_ThatDoNotAnswer_AreToldAsTheyFailed()
    {
        var away = new FailingRows { OnRead = static (_, _) => new StateStoreException("table shared-state: Connection refused") };
        var refused = await Assert.ThrowsAsync<StateStoreException>(() => PassAsync(Owner("blue", away).CheckAsync(Cancelled)));

        Assert.Equal("Whose the tables are with the prefix shared- cannot be told: table shared-state: Connection refused", refused.Message);
    }

    [Fact]
    public async Task OneSiloWithoutTables_IsNotAsked()
    {
        await new TableOwner(_rows, new KplClusterOptions { Id = "blue" }, _time).CheckAsync(Cancelled);
        await new TableOwner(_rows, null, _time).CheckAsync(Cancelled);

        Assert.Null(await _rows.ReadAsync(TableOwner.Kind, TableOwner.Key, Cancelled));
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    public async Task Backlog_IsLookedAt_WhereAStreamUsesIt(bool persists, bool spills, bool isUsed)
    {
        var stores = new RefusingStores(int.MaxValue);
        var options = new KplOptions();
        if (persists)
            options.ForStream("events", static s => s.AckLevel = AckLevel.Persisted);
        if (spills)
            options.HighWaterMode = HighWaterMode.Spill;

        var checking = new BacklogCheck(options, _time, stores).CheckAsync(Cancelled);

        if (!isUsed)
        {
            await checking;
            Assert.Equal(0, stores.Asked);
            return;
        }

        // No wrong setting, after which nothing starts the silo again.
        var refused = await Assert.ThrowsAsync<BacklogStoreException>(() => PassAsync(checking));
        Assert.Equal("Streams are set to use the backlog, which cannot be used: table kpl-backlog: AccessDeniedException: not authorized", refused.Message);
        Assert.Equal(5, stores.Asked);
    }

    [Fact]
    public async Task Backlog_ThatAnswersAtLast_IsFine()
    {
        var stores = new RefusingStores(3);

        await PassAsync(new BacklogCheck(new KplOptions { AckLevel = AckLevel.Persisted }, _time, stores).CheckAsync(Cancelled));

        Assert.Equal(4, stores.Asked);
    }

    private TableOwner Owner(string id, IStateStore? rows = null) =>
        new(rows ?? _rows, new KplClusterOptions { Membership = ClusterMembership.DynamoDb, Id = id, DynamoDb = { TablePrefix = "shared-" } }, _time);

    private async Task PassAsync(Task task)
    {
        await _time.PassUntilAsync(() => task.IsCompleted, TimeSpan.FromSeconds(1));
        await task;
    }

    /// <summary>Refuses so many times.</summary>
    private sealed class RefusingStores(int times) : IWriterStores
    {
        public int Asked { get; private set; }

        public IBacklogStore Of(string writer) => throw new InvalidOperationException("nothing is opened by a check");

        public Task EnsureAsync(CancellationToken cancellationToken) => ++Asked <= times
            ? Task.FromException(new BacklogStoreException("table kpl-backlog: AccessDeniedException: not authorized"))
            : Task.CompletedTask;
    }
}
