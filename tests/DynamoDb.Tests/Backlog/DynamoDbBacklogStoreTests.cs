using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Orleans.Kpl.Cluster.Tests.Running;
using Orleans.Kpl.DynamoDb.Backlog;
using Orleans.Kpl.DynamoDb.Tests.State;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Tests.Backlog.Storing;

namespace Orleans.Kpl.DynamoDb.Tests.Backlog;

public sealed class DynamoDbBacklogStoreTests(DynamoDbLocal dynamo) : BacklogStoreSuite
{
    private const string Writer = "writer-1";

    private readonly string _table = $"t{Guid.NewGuid():N}-backlog";
    private IAmazonDynamoDB? _client;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private protected override bool RemovesAtOnce => false;

    private protected override bool ListsStreams => false;

    public override async ValueTask InitializeAsync() => _client = TableClients.Of(await dynamo.UrlAsync());

    public override async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task EnsureAsync_WhenThereIsNoTable_MakesItWithExpiryAndOnDemand()
    {
        var stores = Enumerable.Range(0, 3).Select(_ => NewStore()).ToList();
        await Task.WhenAll(stores.Select(s => s.EnsureAsync(Cancelled)));

        var table = (await _client!.DescribeTableAsync(_table, Cancelled)).Table;
        Assert.Equal(["log", "number"], table.KeySchema.Select(k => k.AttributeName));
        Assert.Equal(BillingMode.PAY_PER_REQUEST, table.BillingModeSummary.BillingMode);
        var expiry = (await _client.DescribeTimeToLiveAsync(_table, Cancelled)).TimeToLiveDescription;
        Assert.Equal(("expires", TimeToLiveStatus.ENABLED), (expiry.AttributeName, expiry.TimeToLiveStatus));
        foreach (var store in stores)
            await store.DisposeAsync();
    }

    [Theory]
    [InlineData("kind", "S", "key", "S")]
    [InlineData("log", "S", "number", "S")]
    [InlineData("log", "S", null, null)]
    public async Task EnsureAsync_WhenTheTableIsAnother_SaysWhatIsThere(string hash, string hashType, string? range, string? rangeType)
    {
        List<KeySchemaElement> keys = [new(hash, KeyType.HASH)];
        List<AttributeDefinition> definitions = [new(hash, hashType)];
        if (range is not null)
        {
            keys.Add(new(range, KeyType.RANGE));
            definitions.Add(new(range, rangeType));
        }

        await MakeTableAsync(keys, definitions);
        await using var store = NewStore();

        var refused = await Assert.ThrowsAsync<BacklogStoreException>(() => OpenAsync(store));
        Assert.Contains($"{_table} is another one", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"{hash} ({hashType})", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await _client!.ScanAsync(new ScanRequest(_table), Cancelled)).Count);
    }

    [Fact]
    public async Task EnsureAsync_WhenItemsExpireByAnotherAttribute_SaysSo()
    {
        await MakeTableAsync([new("log", KeyType.HASH), new("number", KeyType.RANGE)], [new("log", "S"), new("number", "N")]);
        await _client!.UpdateTimeToLiveAsync(
            new UpdateTimeToLiveRequest { TableName = _table, TimeToLiveSpecification = new() { Enabled = true, AttributeName = "ttl" } }, Cancelled);
        await using var store = NewStore();

        Assert.Contains("by ttl, not by expires", (await Assert.ThrowsAsync<BacklogStoreException>(() => store.EnsureAsync(Cancelled))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task AppendAsync_WhenTheTableVanishes_FailsAndHealsWithANewOne()
    {
        await using var store = NewStore();
        var log = await OpenAsync(store);
        await log.AppendAsync(log.NextNumber, Noise(10), Cancelled);
        await _client!.DeleteTableAsync(_table, Cancelled);

        await Assert.ThrowsAsync<BacklogStoreException>(() => log.AppendAsync(log.NextNumber + 1, Noise(10), Cancelled));
        await log.AppendAsync(log.NextNumber + 1, Noise(10), Cancelled);
    }

    /// <summary>What a log says is the metric BacklogWriteUnits, and its cost. It said 0.</summary>
    [Fact]
    public async Task AppendAsync_CostsItsLogAWriteUnitForEachKilobyteBegun()
    {
        await using var store = NewStore();
        var log = await OpenAsync(store);
        var letters = await store.OpenAsync("events", SegmentLogKind.DeadLetters, Cancelled);
        var (before, beforeLetters) = (log.WriteUnits, letters.WriteUnits);
        Assert.True(before > 0);
        for (var i = 0; i < 10; i++)
            await log.AppendAsync(log.NextNumber + i, Noise(100 << 10), Cancelled);
        var units = log.WriteUnits - before;
        Assert.InRange(units, 1_000, 1_011);

        before = log.WriteUnits;
        await log.AppendAsync(log.NextNumber + 10, Noise(300), Cancelled);
        Assert.Equal(1, log.WriteUnits - before);
        Assert.Equal(beforeLetters, letters.WriteUnits);
    }

    [Fact]
    public async Task AppendAsync_OfRecords_ExpiresAndOfLettersDoesNot()
    {
        await using var store = NewStore();
        var log = await OpenAsync(store);
        await log.AppendAsync(log.NextNumber, Noise(10), Cancelled);
        await log.AppendAsync(log.NextNumber + 1, Noise(500 << 10), Cancelled);
        var letters = await store.OpenAsync("events", SegmentLogKind.DeadLetters, Cancelled);
        await letters.AppendAsync(letters.NextNumber, Noise(10), Cancelled);

        var items = (await _client!.ScanAsync(new ScanRequest(_table), Cancelled)).Items.Where(i => i.ContainsKey("data") || i.ContainsKey("parts")).ToList();
        var expected = TimeProvider.System.GetUtcNow().AddDays(8).ToUnixTimeSeconds();
        Assert.Equal(5, items.Count);
        Assert.All(items.Where(i => i["log"].S.Contains("/records/", StringComparison.Ordinal)), i => Assert.InRange(long.Parse(i["expires"].N), expected - 60, expected + 60));
        Assert.False(Assert.Single(items, i => i["log"].S.Contains("/dead-letters/", StringComparison.Ordinal)).ContainsKey("expires"));
    }

    [Fact]
    public async Task RenewAsync_OfWhatWaits_GivesItAndItsPiecesANewTime_ButNothingElse()
    {
        await using var store = NewStore();
        var log = await OpenAsync(store);
        await log.AppendAsync(log.NextNumber, Noise(10), Cancelled);
        await log.AppendAsync(log.NextNumber + 1, Noise(500 << 10), Cancelled);
        await using var longer = NewStore(days: 31);
        log = await OpenAsync(longer);
        using var table = new DynamoDbLogTable(TableClients.Of(await dynamo.UrlAsync()), _table, TimeProvider.System);
        await log.RenewAsync(Cancelled);
        await table.PutAsync("events/records/writer-1", LogItem.Aside(log.Found[0].Number), Cancelled);
        await table.ExpireAsync("events/records/writer-1", log.Found[0].Number, TimeProvider.System.GetUtcNow(), Cancelled);
        await table.ExpireAsync("events/records/writer-1", 1_000, TimeProvider.System.GetUtcNow(), Cancelled);

        var items = await ItemsAsync();
        var expected = TimeProvider.System.GetUtcNow().AddDays(31).ToUnixTimeSeconds();
        var renewed = items.Where(static i => i.ContainsKey("data") || i.ContainsKey("parts")).ToList();
        Assert.Equal(3, renewed.Count);
        Assert.All(renewed, i => Assert.InRange(long.Parse(i["expires"].N), expected - 60, expected + 60));
        Assert.DoesNotContain(items, static i => i["number"].N == "1000");
        Assert.False(Assert.Single(items, static i => i.TryGetValue("seal", out var seal) && seal.N == "-1").ContainsKey("expires"));
    }

    /// <summary>Its pieces stayed, with what was dropped in them: nothing lists them, and they do not expire.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RemoveAsync_OfALargeDeadLetter_LeavesNoPieces(bool isReopened)
    {
        await using var store = NewStore();
        var letters = await store.OpenAsync("events", SegmentLogKind.DeadLetters, Cancelled);
        var number = letters.NextNumber;
        // Each in two pieces, and all of them in one page of a scan.
        var large = Noise(DynamoDbSegmentLog.MaxItemBytes + 1);
        await letters.AppendAsync(number, large, Cancelled);
        await letters.AppendAsync(number + 1, large, Cancelled);
        Assert.Equal(4, (await ItemsAsync()).Count(static i => i.ContainsKey("data")));
        if (isReopened)
            letters = await store.OpenAsync("events", SegmentLogKind.DeadLetters, Cancelled);

        await letters.RemoveAsync([number], Cancelled);
        Assert.Equal(2, (await ItemsAsync()).Count(static i => i.ContainsKey("data")));
        Assert.Equal(large, await letters.ReadAsync(number + 1, Cancelled));
        await letters.SetAsideAsync(number + 1, Cancelled);
        var left = (await ItemsAsync()).Where(static i => i.ContainsKey("data"));
        Assert.All(left, static i => Assert.Contains("/aside/parts", i["log"].S, StringComparison.Ordinal));
    }

    /// <summary>
    /// The first try of a call that was made again is carried out last: what was dropped since was there again with the next owner, which other processes
    /// become at any time.
    /// </summary>
    [Fact]
    public async Task SaveProgressAsync_WhereAFormerTryComesLate_KeepsWhatWasSavedLast()
    {
        var late = new HeadsClient(await dynamo.UrlAsync());
        await using var store = new DynamoDbBacklogStore(late, _table, Writer, TimeSpan.FromDays(8), TimeProvider.System);
        var letters = await store.OpenAsync("events", SegmentLogKind.DeadLetters, Cancelled);
        await letters.AppendAsync(letters.NextNumber, Noise(10), Cancelled);
        await letters.SaveProgressAsync(new byte[] { 1 }, Cancelled);
        var former = late.Saves[^1];
        await letters.SaveProgressAsync(new byte[] { 2 }, Cancelled);

        // A second try of the last one changes nothing, and is no other owner's.
        await late.Saves[^1]();
        await Record.ExceptionAsync(former);

        Assert.Equal([2], (await store.OpenAsync("events", SegmentLogKind.DeadLetters, Cancelled)).Progress.ToArray());
    }

    /// <summary>Its head had no end any more, and nobody opens the log again.</summary>
    [Fact]
    public async Task RetireAsync_WhereAFormerTryOfASaveComesLate_LeavesNothingForEver()
    {
        var late = new HeadsClient(await dynamo.UrlAsync());
        await using var store = new DynamoDbBacklogStore(late, _table, Writer, TimeSpan.FromDays(8), TimeProvider.System);
        var log = await OpenAsync(store);
        await log.SaveProgressAsync(new byte[3], Cancelled);
        await log.RetireAsync(Cancelled);

        await late.Saves[^1]();

        Assert.All(await ItemsAsync(), static i => Assert.True(i.ContainsKey("expires"), string.Join(", ", i.Keys)));
    }

    /// <summary>It shut its own caller out, whose records in the log counted as unknown; and one that was made again at once raised the epoch twice.</summary>
    [Fact]
    public async Task OpenAsync_WhereAFormerTryComesLate_LeavesTheLogToItsOwner()
    {
        var late = new HeadsClient(await dynamo.UrlAsync());
        await using var store = new DynamoDbBacklogStore(late, _table, Writer, TimeSpan.FromDays(8), TimeProvider.System);
        var log = await OpenAsync(store);
        await log.AppendAsync(log.NextNumber, Noise(10), Cancelled);

        await Record.ExceptionAsync(late.Takes[^1]);
        await log.SaveProgressAsync(new byte[] { 1 }, Cancelled);

        late.TakesTwice = true;
        log = await OpenAsync(store);
        Assert.Equal(2, ((DynamoDbSegmentLog)log).Epoch);
        Assert.Equal([1], log.Progress.ToArray());
    }

    /// <summary>A stream closed while it opened its log, and was used again. The first call came after the second, and shut its own process out.</summary>
    [Fact]
    public async Task OpenAsync_WhereACallThatWasGivenUpComesLate_LeavesTheLogToItsOwner()
    {
        var late = new HeadsClient(await dynamo.UrlAsync()) { TakesNothing = true };
        await using var store = new DynamoDbBacklogStore(late, _table, Writer, TimeSpan.FromDays(8), TimeProvider.System);
        await Assert.ThrowsAsync<BacklogStoreException>(() => OpenAsync(store));
        late.TakesNothing = false;
        var log = await OpenAsync(store);

        await Record.ExceptionAsync(late.Takes[0]);

        await log.AppendAsync(log.NextNumber, Noise(10), Cancelled);
        await log.SaveProgressAsync(new byte[] { 1 }, Cancelled);
    }

    /// <summary>A client that keeps the calls by which heads were taken and saved.</summary>
    private sealed class HeadsClient(Uri url) : AmazonDynamoDBClient(
        new Amazon.Runtime.BasicAWSCredentials("test", "test"), new AmazonDynamoDBConfig { ServiceURL = url.ToString(), AuthenticationRegion = "us-east-1" })
    {
        public List<Func<Task>> Saves { get; } = [];

        public List<Func<Task>> Takes { get; } = [];

        /// <summary>Whether a call that takes a log loses its first answer.</summary>
        public bool TakesTwice { get; set; }

        /// <summary>Whether a call that takes a log does not arrive.</summary>
        public bool TakesNothing { get; set; }

        public override async Task<UpdateItemResponse> UpdateItemAsync(UpdateItemRequest request, CancellationToken cancellationToken = default)
        {
            var isTake = request.ExpressionAttributeValues.ContainsKey(":one");
            if (isTake || request.ExpressionAttributeValues.ContainsKey(":saves"))
                (isTake ? Takes : Saves).Add(() => base.UpdateItemAsync(request, cancellationToken));
            if (isTake && TakesNothing)
                throw new HttpRequestException("nothing arrived");
            if (isTake && TakesTwice)
                await base.UpdateItemAsync(request, cancellationToken);
            return await base.UpdateItemAsync(request, cancellationToken);
        }
    }

    [Fact]
    public async Task OpenAsync_AgainAndAgain_LeavesSealsThatExpire()
    {
        await using var store = NewStore();
        foreach (var kind in new[] { SegmentLogKind.Records, SegmentLogKind.DeadLetters })
        {
            await store.OpenAsync("events", kind, Cancelled);
            await store.OpenAsync("events", kind, Cancelled);
        }

        var seals = (await _client!.ScanAsync(new ScanRequest(_table), Cancelled)).Items.Where(i => i.ContainsKey("seal")).ToList();
        var least = TimeProvider.System.GetUtcNow().AddDays(8).ToUnixTimeSeconds();
        Assert.NotEmpty(seals);
        Assert.All(seals, i => Assert.True(long.Parse(i["expires"].N) > least));
    }

    [Fact]
    public async Task RetireAsync_OfALogThatIsOver_LeavesNothingForEver_UnlessItIsOpenedAgain()
    {
        await using var store = NewStore();
        var log = await OpenAsync(store);
        await log.AppendAsync(log.NextNumber, Noise(10), Cancelled);
        await log.RemoveAsync([log.NextNumber], Cancelled);
        await log.SaveProgressAsync(new byte[3], Cancelled);
        await log.RetireAsync(Cancelled);
        Assert.All(await ItemsAsync(), i => Assert.True(i.ContainsKey("expires"), string.Join(", ", i.Keys)));

        await OpenAsync(store);
        Assert.Equal(["-1"], await WithoutEndAsync());
    }

    /// <summary>A silo that had lost its log set an end for the head of the one that had it now: once that was over, its owner could save nothing.</summary>
    [Fact]
    public async Task RetireAsync_ByAFormerOwner_SetsNoEnd_AndByTheOwnerDoes()
    {
        await using var store = NewStore();
        var former = await OpenAsync(store);
        var log = await OpenAsync(store);

        await former.RetireAsync(Cancelled);
        Assert.Equal(["-1"], await WithoutEndAsync());

        await log.RetireAsync(Cancelled);
        Assert.Empty(await WithoutEndAsync());
        // The table has deleted it by now: nothing is there again.
        await _client!.DeleteItemAsync(_table, new() { ["log"] = new("events/records/writer-1"), ["number"] = new() { N = "-1" } }, Cancelled);
        await log.RetireAsync(Cancelled);
        Assert.DoesNotContain(await ItemsAsync(), static i => i["number"].N == "-1");
    }

    private async Task<List<string>> WithoutEndAsync() =>
        [.. (await ItemsAsync()).Where(static i => !i.ContainsKey("expires")).Select(static i => i["number"].N)];

    private async Task<List<Dictionary<string, AttributeValue>>> ItemsAsync() => (await _client!.ScanAsync(new ScanRequest(_table), Cancelled)).Items;

    /// <summary>Each stream of a writer stood in one item for ever: once it was 400 KB large, no log of a further stream could be opened.</summary>
    [Fact]
    public async Task OpenAsync_OfManyStreams_LeavesAHeadForEach_AndHasAsyncNothing()
    {
        await using var store = NewStore();
        for (var i = 0; i < 3; i++)
        {
            Assert.False(await store.HasAsync($"s{i}", SegmentLogKind.DeadLetters, Cancelled));
            await store.OpenAsync($"s{i}", SegmentLogKind.DeadLetters, Cancelled);
            Assert.True(await store.HasAsync($"s{i}", SegmentLogKind.DeadLetters, Cancelled));
            Assert.False(await store.HasAsync($"s{i}", SegmentLogKind.Records, Cancelled));
        }

        Assert.Equal(
            ["s0/dead-letters/writer-1", "s1/dead-letters/writer-1", "s2/dead-letters/writer-1"],
            (await ItemsAsync()).Where(static i => !i.ContainsKey("seal")).Select(static i => i["log"].S).Order());
    }

    [Fact]
    public async Task Of_WhenThatWriterIsGone_TakesItsLogsAndNoOthers()
    {
        await using var gone = NewStore();
        var former = await OpenAsync(gone);
        await former.AppendAsync(former.NextNumber, Noise(10), Cancelled);
        await using var other = NewStore("writer-2");
        Assert.Empty((await OpenAsync(other)).Found);

        var taken = await OpenAsync(other.Of(Writer));
        Assert.Single(taken.Found);
        await Assert.ThrowsAsync<BacklogFencedException>(() => former.AppendAsync(former.NextNumber + 1, Noise(10), Cancelled));
    }

    private protected override Task<IBacklogStore> StartAsync() => Task.FromResult<IBacklogStore>(NewStore());

    private protected override Task<IBacklogStore> TakeOverAsync(IBacklogStore former) => StartAsync();

    private protected override async Task<byte[]?> ReadAsideAsync(IBacklogStore store, string place, long number) =>
        Assert.Single(await ItemsAsync(), i => $"{i["log"].S.Split('#')[0]}, {i["number"].N}" == place)["data"].B.ToArray();

    private DynamoDbBacklogStore NewStore(string writer = Writer, int days = 8) =>
        new(TableClients.Of(dynamo.UrlAsync().Result), _table, writer, TimeSpan.FromDays(days), TimeProvider.System);

    private async Task MakeTableAsync(List<KeySchemaElement> keys, List<AttributeDefinition> definitions) => await _client!.CreateTableAsync(
        new CreateTableRequest { TableName = _table, BillingMode = BillingMode.PAY_PER_REQUEST, KeySchema = keys,
            AttributeDefinitions = definitions }, Cancelled);
}
