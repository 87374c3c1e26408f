using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.DynamoDb.Membership;
using Orleans.Kpl.DynamoDb.State;

namespace Orleans.Kpl.DynamoDb.Tests.Membership;

/// <summary>A table of members at an endpoint, and rows for it.</summary>
internal sealed class MemberRows : IDisposable
{
    public const string Cluster = "blue";

    private readonly DynamoDbLocation _location;
    private readonly TimeSpan _timeout;

    public MemberRows(Uri url, string? table = null, TimeSpan? timeout = null)
    {
        (Name, _location, _timeout) = (table ?? $"t{Guid.NewGuid():N}-silos", new("us-east-1", url), timeout ?? Waiting.Long);
        Client = DynamoDbClients.Create(new KplDynamoDbOptions(), _location, _timeout);
        Table = Open();
    }

    public static DateTime Start { get; } = new(2026, 11, 23, 10, 0, 0, 123, DateTimeKind.Utc);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public string Name { get; }

    public IAmazonDynamoDB Client { get; }

    public MembersTable Table { get; }

    public static MemberRow Row(int port, int status = MemberRow.Active, string address = "10.0.0.1") => new()
    {
        Address = address, Port = port, Generation = 7, Status = status, HostName = "host", SiloName = $"Silo_{port}", ProxyPort = 30_000, StartTime = Start,
        AliveTime = Start.AddSeconds(1),
    };

    /// <summary>Another silo's view of the table, or another cluster's.</summary>
    public MembersTable Open(string cluster = Cluster, bool mayCreate = true, TimeProvider? time = null) => new(
        NewCalls(), cluster, mayCreate, time ?? TimeProvider.System, Guid.NewGuid);

    public GatewaysTable OpenGateways() => new(NewCalls(), Cluster);

    public async Task<MemberRows> MadeAsync()
    {
        await Table.EnsureAsync(Cancelled);
        await Table.EnsureVersionAsync(Cancelled);
        return this;
    }

    /// <summary>Adds rows, one after the other.</summary>
    public async Task InsertAsync(params MemberRow[] rows)
    {
        foreach (var row in rows)
        {
            var version = (await Table.ReadAllAsync(Cancelled)).Version;
            Assert.True(await Table.InsertAsync(row, version.Number + 1, version.ETag, Cancelled));
        }
    }

    public async Task<Dictionary<string, AttributeValue>> ItemAsync(string identity) =>
        (await Client.GetItemAsync(new GetItemRequest { TableName = Name, Key = MemberItems.KeyOf(Cluster, identity), ConsistentRead = true }, Cancelled)).Item;

    /// <summary>Changes an item behind the product's back; a null takes the attribute away.</summary>
    public async Task SetAsync(string identity, params (string Name, AttributeValue? Value)[] attributes)
    {
        var item = await ItemAsync(identity) is { Count: > 0 } there ? there : MemberItems.KeyOf(Cluster, identity);
        foreach (var (name, value) in attributes)
        {
            if (value is null)
                item.Remove(name);
            else
                item[name] = value;
        }
        await Client.PutItemAsync(Name, item, Cancelled);
    }

    public void Dispose()
    {
        Client.Dispose();
        Table.Dispose();
    }

    private MemberCalls NewCalls() => new(DynamoDbClients.Create(new KplDynamoDbOptions(), _location, _timeout), Name, _location);
}
