using Amazon.DynamoDBv2;
using Orleans.Kpl.Cluster.Tests.Running;
using Orleans.Kpl.DynamoDb.Backlog;
using Orleans.Kpl.DynamoDb.State;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.DynamoDb.Tests.State;

/// <summary>Where an operator creates the tables, nothing else does.</summary>
public sealed class RequiredTablesTests(DynamoDbLocal dynamo) : IAsyncLifetime
{
    private readonly string _prefix = $"t{Guid.NewGuid():N}-";
    private IAmazonDynamoDB? _client;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string Missing => $"table {_prefix}state {RequiredTables.NotCreated}";

    public async ValueTask InitializeAsync() => _client = TableClients.Of(await dynamo.UrlAsync());

    public ValueTask DisposeAsync()
    {
        _client?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task FindErrorsAsync_NamesEveryTableThatIsNotThere()
    {
        await MakeAsync("state", "kind", "S", "key", "S");
        var errors = await RequiredTables.FindErrorsAsync(_client!, [_prefix + "silos", _prefix + "state", _prefix + "backlog"], Cancelled);
        Assert.Equal([$"table {_prefix}silos {RequiredTables.NotCreated}", $"table {_prefix}backlog {RequiredTables.NotCreated}"], errors);
    }

    [Fact]
    public async Task StateStore_ThatMayCreateNothing_SaysWhatIsMissingAndWorksOnceItIsThere()
    {
        using var store = new DynamoDbStateStore(_client!, _prefix + "state", TimeProvider.System, mayCreate: false);
        var refused = await Assert.ThrowsAsync<StateStoreException>(() => store.ReadAsync("kind", "key", Cancelled));
        Assert.Contains(Missing, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_prefix + "state", (await _client!.ListTablesAsync(Cancelled)).TableNames ?? []);

        await MakeAsync("state", "kind", "S", "key", "S");
        Assert.NotNull(await store.WriteAsync("kind", "key", 0, "text", Cancelled));
    }

    [Fact]
    public async Task BacklogStore_ThatMayCreateNothing_SaysWhatIsMissingAlsoOfItsExpiry()
    {
        var table = _prefix + "backlog";
        await using var store = new DynamoDbBacklogStore(_client!, table, "writer", TimeSpan.FromDays(8), TimeProvider.System, mayCreate: false);
        Assert.Contains(
            $"table {table} {RequiredTables.NotCreated}", (await Assert.ThrowsAsync<BacklogStoreException>(() => store.EnsureAsync(Cancelled))).Message,
            StringComparison.Ordinal);

        await MakeAsync("backlog", "log", "S", "number", "N");
        Assert.Contains(
            "enable its time to live by expires", (await Assert.ThrowsAsync<BacklogStoreException>(() => store.EnsureAsync(Cancelled))).Message,
            StringComparison.Ordinal);

        await _client!.UpdateTimeToLiveAsync(
            new() { TableName = table, TimeToLiveSpecification = new() { Enabled = true, AttributeName = "expires" } }, Cancelled);
        await store.EnsureAsync(Cancelled);
    }

    private async Task MakeAsync(string name, string partition, string partitionType, string sort, string sortType)
    {
        using var table = new DynamoDbTable(
            _client!, _prefix + name, new(partition, partitionType), new(sort, sortType), TimeProvider.System, mayCreate: true,
            static (what, inner) => new InvalidOperationException(what, inner));
        await table.EnsureAsync(Cancelled);
    }
}
