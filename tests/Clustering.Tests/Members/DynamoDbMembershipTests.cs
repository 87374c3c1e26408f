using System.Globalization;
using System.Net;
using Amazon.DynamoDBv2.Model;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Cluster.Tests.Running;
using Orleans.Kpl.Clustering.Members;
using Orleans.Kpl.DynamoDb.Membership;
using Orleans.Kpl.DynamoDb.State;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Clustering.Tests.Members;

/// <summary>What silos of a cluster read and write, and that silos with Orleans' own provider understand it.</summary>
public sealed class DynamoDbMembershipTests(DynamoDbLocal dynamo) : IAsyncLifetime
{
    private static readonly DateTime Start = new(2026, 11, 23, 10, 0, 0, 123, DateTimeKind.Utc);

    private readonly string _table = $"t{Guid.NewGuid():N}-silos";
    private readonly CapturedLog _log = new();
    private Amazon.DynamoDBv2.IAmazonDynamoDB? _client;
    private DynamoDbMembership? _members;
    private DynamoDbLocation? _location;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private DynamoDbMembership Members => _members!;

    public async ValueTask InitializeAsync()
    {
        _location = new("us-east-1", await dynamo.UrlAsync());
        _client = DynamoDbClients.Create(new(), _location, Waiting.Long);
        _members = Open();
        await Members.InitializeMembershipTableAsync(true, Cancelled);
    }

    public ValueTask DisposeAsync()
    {
        _client?.Dispose();
        _members?.Dispose();
        return ValueTask.CompletedTask;
    }

    public static TheoryData<string> Addresses => ["10.0.0.1", "::1", "2001:db8::17"];

    /// <summary>The items that Orleans' provider writes, attribute by attribute.</summary>
    [Theory]
    [MemberData(nameof(Addresses))]
    public async Task ItemsOfOrleansProvider_AreRead(string address)
    {
        await _client!.PutItemAsync(_table, OfOrleans(address, 11_111, 7, version: 3, etag: 2), Cancelled);
        await _client.PutItemAsync(_table, VersionOfOrleans(3, 3), Cancelled);

        foreach (var read in new[] { await Members.ReadAllAsync(Cancelled), await Members.ReadRowAsync(Silo(address, 11_111), Cancelled) })
        {
            Assert.Equal(new TableVersion(3, "3"), read.Version);
            var (entry, tag) = Assert.Single(read.Members);
            Assert.Equal("2", tag);
            Assert.Equal(Silo(address, 11_111), entry.SiloAddress);
            Assert.Equal((SiloStatus.Active, "host", "Silo_1", 30_000), (entry.Status, entry.HostName, entry.SiloName, entry.ProxyPort));
            Assert.Equal((Start, Start.AddSeconds(5)), (entry.StartTime, entry.IAmAliveTime));
            Assert.Equal([(Silo("10.0.0.2", 1), Start), (Silo("fe80::2", 2), Start.AddSeconds(1))], entry.SuspectTimes!.Select(s => (s.Item1, s.Item2)));
        }
        Assert.True(await Members.UpdateRowAsync(Entry(address, 11_111, SiloStatus.Dead), "2", new TableVersion(4, "3"), Cancelled));
    }

    /// <summary>What ours writes, read by the rules of Orleans' provider.</summary>
    [Theory]
    [MemberData(nameof(Addresses))]
    public async Task OurItems_AreThoseOfOrleansProvider(string address)
    {
        var silo = Silo(address, 11_111);
        Assert.Equal(TextOf(VersionOfOrleans(0, 0)), TextOf(await ItemAsync("VersionRow")));

        var entry = Entry(address, 11_111, SiloStatus.Active);
        entry.SuspectTimes = [Tuple.Create(Silo("10.0.0.2", 1), Start), Tuple.Create(Silo("fe80::2", 2), Start.AddSeconds(1))];
        Assert.True(await Members.InsertRowAsync(entry, new TableVersion(1, "0"), Cancelled));
        // Orleans' provider makes the key so.
        var identity = string.Format(CultureInfo.InvariantCulture, "{0}-{1}-{2}", silo.Endpoint.Address, silo.Endpoint.Port, silo.Generation);
        Assert.Equal(TextOf(OfOrleans(address, 11_111, 7, version: 1, etag: 0)), TextOf(await ItemAsync(identity)));
        Assert.Equal(TextOf(VersionOfOrleans(1, 1)), TextOf(await ItemAsync("VersionRow")));

        Assert.True(await Members.UpdateRowAsync(entry, "0", new TableVersion(2, "1"), Cancelled));
        Assert.Equal(TextOf(OfOrleans(address, 11_111, 7, version: 2, etag: 1)), TextOf(await ItemAsync(identity)));
        Assert.Equal(TextOf(VersionOfOrleans(2, 2)), TextOf(await ItemAsync("VersionRow")));

        entry.IAmAliveTime = Start.AddHours(1);
        await Members.UpdateIAmAliveAsync(entry, Cancelled);
        Assert.Equal(LogFormatter.PrintDate(Start.AddHours(1)), (await ItemAsync(identity))["IAmAliveTime"].S);
    }

    /// <summary>Orleans calls one form, and older parts of it the other.</summary>
    [Fact]
    public async Task TheFormsWithoutAToken_DoTheSame()
    {
#pragma warning disable CS0618
        IMembershipTable members = Members;
        await members.InitializeMembershipTable(true);
        Assert.True(await members.InsertRow(Entry("10.0.0.1", 1, SiloStatus.Active), new TableVersion(1, "0")));
        Assert.False(await members.InsertRow(Entry("10.0.0.1", 1, SiloStatus.Active), new TableVersion(2, "1")));
        Assert.True(await members.UpdateRow(Entry("10.0.0.1", 1, SiloStatus.Dead), "0", new TableVersion(2, "1")));
        await members.UpdateIAmAlive(Entry("10.0.0.1", 1, SiloStatus.Dead));
        Assert.Equal(new TableVersion(2, "2"), (await members.ReadRow(Silo("10.0.0.1", 1))).Version);
        await members.CleanupDefunctSiloEntries(new DateTimeOffset(Start).AddDays(1));
        Assert.Empty((await members.ReadAll()).Members);
        await members.DeleteMembershipTableEntries("blue");
        await Assert.ThrowsAsync<StateStoreException>(members.ReadAll);
#pragma warning restore CS0618
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("one")]
    public async Task ATagThatNoRowHas_IsAChangeThatIsNotMade(string? tag)
    {
        Assert.True(await Members.InsertRowAsync(Entry("10.0.0.1", 1, SiloStatus.Active), new TableVersion(1, "0"), Cancelled));
        Assert.False(await Members.UpdateRowAsync(Entry("10.0.0.1", 1, SiloStatus.Dead), tag!, new TableVersion(2, "1"), Cancelled));
        Assert.False(await Members.UpdateRowAsync(Entry("10.0.0.1", 1, SiloStatus.Dead), "0", new TableVersion(2, tag!), Cancelled));
        Assert.False(await Members.InsertRowAsync(Entry("10.0.0.2", 1, SiloStatus.Active), new TableVersion(2, tag!), Cancelled));
        Assert.Equal(new TableVersion(1, "1"), (await Members.ReadAllAsync(Cancelled)).Version);
    }

    [Theory]
    [InlineData("Address", "nowhere", "Address is 'nowhere'")]
    [InlineData("SuspectingSilos", "somebody|10.0.0.2:1@7", "somebody")]
    [InlineData("SuspectingSilos", "10.0.0.3:70000@7|10.0.0.2:1@7", "10.0.0.3:70000@7")]
    [InlineData("SuspectingSilos", "10.0.0.3:1@99999999999|10.0.0.2:1@7", "99999999999")]
    [InlineData("SuspectingSilos", "10.0.0.3:|10.0.0.2:1@7", "10.0.0.3:")]
    [InlineData("SuspectingSilos", "@|10.0.0.2:1@7", "@")]
    [InlineData("SuspectingSilos", "|10.0.0.2:1@7", "''")]
    public async Task ARowThatCannotBeRead_IsSkippedAndNamedOnce(string attribute, string value, string reason)
    {
        var item = OfOrleans("10.0.0.1", 1, 7, version: 0, etag: 0);
        item[attribute] = new(value);
        await _client!.PutItemAsync(_table, item, Cancelled);
        Assert.True(await Members.InsertRowAsync(Entry("10.0.0.2", 2, SiloStatus.Active), new TableVersion(1, "0"), Cancelled));

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal([2], (await Members.ReadAllAsync(Cancelled)).Members.Select(m => m.Item1.SiloAddress.Endpoint.Port));
            // Orleans reads its own row alone whenever the silo's status changes.
            Assert.Single((await Members.ReadRowAsync(Silo("10.0.0.2", 2), Cancelled)).Members);
        }
        var line = Assert.Single(_log.Lines).Line;
        Assert.StartsWith($"Row 10.0.0.1-1-7 of table {_table} is skipped, for it cannot be read: ", line, StringComparison.Ordinal);
        Assert.Contains(reason, line, StringComparison.Ordinal);
    }

    /// <summary>Orleans sorts what it is given, the dead to the end.</summary>
    [Fact]
    public async Task ThousandsOfDeadSilos_AreRead()
    {
        foreach (var some in Enumerable.Range(1, 4_000).Chunk(25))
        {
            await _client!.BatchWriteItemAsync(
                new BatchWriteItemRequest
                {
                    RequestItems = new()
                    {
                        [_table] = [.. some.Select(i =>
                        {
                            var item = OfOrleans("10.0.0.1", i, 7, version: 0, etag: 0);
                            item["SiloStatus"] = new() { N = i % 10 == 0 ? "3" : "6" };
                            return new WriteRequest(new PutRequest(item));
                        })],
                    },
                },
                Cancelled);
        }
        var read = await Members.ReadAllAsync(Cancelled);
        Assert.Equal((4_000, 400), (read.Members.Count, read.Members.Count(m => m.Item1.Status == SiloStatus.Active)));
    }

    /// <summary>Orleans would not start again: a table that is away for a while at the start is waited for, and told of once.</summary>
    [Fact]
    public async Task Start_WhileTheTableIsAway_WaitsForItAndThenSaysWhy()
    {
        using var dead = new DeadEndpoint();
        var time = new FakeTimeProvider();
        var location = new DynamoDbLocation("us-east-1", dead.Url);
        using var members = Open(location, time);
        var starting = members.InitializeMembershipTableAsync(true, Cancelled);
        while (!starting.IsCompleted)
        {
            await Waiting.UntilAsync(() => time.ArmedTimers > 0 || starting.IsCompleted);
            time.Advance(TimeSpan.FromSeconds(20));
        }

        var failed = await Assert.ThrowsAsync<StateStoreException>(() => starting);
        Assert.StartsWith($"table {_table} of DynamoDB at {dead.Url} in region us-east-1: ", failed.Message, StringComparison.Ordinal);
        Assert.True(time.GetUtcNow() >= FakeTimeProvider.Start.AddMinutes(2));
        Assert.EndsWith("; the silo cannot join before that works", Assert.Single(_log.Lines).Line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_ThatIsBrokenOffWhileTheTableIsAway_IsCancelled()
    {
        using var dead = new DeadEndpoint();
        using var members = Open(new DynamoDbLocation("us-east-1", dead.Url));
        using var stop = new CancellationTokenSource();
        var starting = members.InitializeMembershipTableAsync(true, stop.Token);
        await Waiting.UntilAsync(() => _log.Lines.Count > 0);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
    }

    private static SiloAddress Silo(string address, int port) => SiloAddress.New(IPAddress.Parse(address), port, 7);

    private static MembershipEntry Entry(string address, int port, SiloStatus status) => new()
    {
        SiloAddress = Silo(address, port), Status = status, HostName = "host", SiloName = "Silo_1", ProxyPort = 30_000, StartTime = Start,
        IAmAliveTime = Start.AddSeconds(5),
    };

    private static Dictionary<string, AttributeValue> OfOrleans(string address, int port, int generation, int version, int etag) => new()
    {
        ["DeploymentId"] = new("blue"),
        ["SiloIdentity"] = new($"{IPAddress.Parse(address)}-{port}-{generation}"),
        ["Address"] = new(IPAddress.Parse(address).ToString()),
        ["Port"] = new() { N = $"{port}" },
        ["Generation"] = new() { N = $"{generation}" },
        ["HostName"] = new("host"),
        ["SiloStatus"] = new() { N = $"{(int)SiloStatus.Active}" },
        ["ProxyPort"] = new() { N = "30000" },
        ["SiloName"] = new("Silo_1"),
        ["SuspectingSilos"] = new($"{Silo("10.0.0.2", 1).ToParsableString()}|{Silo("fe80::2", 2).ToParsableString()}"),
        ["SuspectingTimes"] = new($"{LogFormatter.PrintDate(Start)}|{LogFormatter.PrintDate(Start.AddSeconds(1))}"),
        ["StartTime"] = new(LogFormatter.PrintDate(Start)),
        ["IAmAliveTime"] = new(LogFormatter.PrintDate(Start.AddSeconds(5))),
        ["MembershipVersion"] = new() { N = $"{version}" },
        ["ETag"] = new() { N = $"{etag}" },
    };

    private static Dictionary<string, AttributeValue> VersionOfOrleans(int version, int etag) => new()
    {
        ["DeploymentId"] = new("blue"),
        ["SiloIdentity"] = new("VersionRow"),
        ["Port"] = new() { N = "0" },
        ["Generation"] = new() { N = "0" },
        ["SiloStatus"] = new() { N = "0" },
        ["ProxyPort"] = new() { N = "0" },
        ["MembershipVersion"] = new() { N = $"{version}" },
        ["ETag"] = new() { N = $"{etag}" },
    };

    private static IEnumerable<string> TextOf(Dictionary<string, AttributeValue> item) =>
        item.Select(a => $"{a.Key}={(a.Value.S is null ? "N " + a.Value.N : "S " + a.Value.S)}").Order(StringComparer.Ordinal);

    private DynamoDbMembership Open(DynamoDbLocation? location = null, TimeProvider? time = null)
    {
        var at = location ?? _location!;
        return new DynamoDbMembership(
            new MembersTable(
                new(DynamoDbClients.Create(new(), at, Waiting.Long), _table, at), "blue", mayCreate: true, time ?? TimeProvider.System, Guid.NewGuid),
            time ?? TimeProvider.System, new(_log, _table));
    }

    private async Task<Dictionary<string, AttributeValue>> ItemAsync(string identity) => (await _client!.GetItemAsync(
        new GetItemRequest { TableName = _table, Key = new() { ["DeploymentId"] = new("blue"), ["SiloIdentity"] = new(identity) }, ConsistentRead = true },
        Cancelled)).Item;
}
