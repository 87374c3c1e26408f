using Amazon.DynamoDBv2.Model;
using Orleans.Kpl.Cluster.Tests.Running;
using Orleans.Kpl.DynamoDb.Membership;
using Orleans.Kpl.DynamoDb.State;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.DynamoDb.Tests.Membership;

public sealed class MembersTableTests(DynamoDbLocal dynamo) : IAsyncLifetime
{
    private MemberRows? _rows;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private MemberRows Rows => _rows!;

    private MembersTable Table => _rows!.Table;

    public async ValueTask InitializeAsync() => _rows = await new MemberRows(await dynamo.UrlAsync()).MadeAsync();

    public ValueTask DisposeAsync()
    {
        _rows?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task ANewTable_IsOnDemandAndHasAVersionAndNoRows()
    {
        var table = (await Rows.Client.DescribeTableAsync(Rows.Name, Cancelled)).Table;
        Assert.Equal("PAY_PER_REQUEST", table.BillingModeSummary.BillingMode.Value);
        Assert.Equal(["DeploymentId HASH", "SiloIdentity RANGE"], table.KeySchema.Select(k => $"{k.AttributeName} {k.KeyType}"));
        var read = await Table.ReadAllAsync(Cancelled);
        Assert.Equal(new MembersVersion(0, 0), read.Version);
        Assert.Empty(read.Rows);
        // Whoever comes second changes nothing.
        await Rows.InsertAsync(MemberRows.Row(1));
        using var second = Rows.Open();
        await second.EnsureAsync(Cancelled);
        await second.EnsureVersionAsync(Cancelled);
        Assert.Equal(new MembersVersion(1, 1), (await second.ReadAllAsync(Cancelled)).Version);
    }

    [Fact]
    public async Task InsertAsync_OfARowThatIsThereOrOverAnotherVersion_SaysFalseAndChangesNothing()
    {
        Assert.True(await Table.InsertAsync(MemberRows.Row(1), 1, 0, Cancelled));
        Assert.False(await Table.InsertAsync(MemberRows.Row(1), 2, 1, Cancelled));
        Assert.False(await Table.InsertAsync(MemberRows.Row(2), 2, 0, Cancelled));
        var read = await Table.ReadAllAsync(Cancelled);
        Assert.Equal(new MembersVersion(1, 1), read.Version);
        Assert.Equal(0, Assert.Single(read.Rows).ETag);
    }

    [Fact]
    public async Task UpdateAsync_OverAnotherTagOfTheRowOrTheVersion_SaysFalseAndChangesNothing()
    {
        await Rows.InsertAsync(MemberRows.Row(1));
        var dead = MemberRows.Row(1, status: 6);
        Assert.False(await Table.UpdateAsync(dead, 1, 2, 1, Cancelled));
        Assert.False(await Table.UpdateAsync(dead, 0, 2, 0, Cancelled));
        Assert.False(await Table.UpdateAsync(MemberRows.Row(2), 0, 2, 1, Cancelled));
        Assert.Equal(MemberRow.Active, Assert.Single((await Table.ReadAllAsync(Cancelled)).Rows).Row.Status);

        Assert.True(await Table.UpdateAsync(dead, 0, 2, 1, Cancelled));
        var read = await Table.ReadAsync(dead.Identity, Cancelled);
        Assert.Equal(new MembersVersion(2, 2), read.Version);
        var (row, tag) = Assert.Single(read.Rows);
        Assert.Equal((6, 1), (row.Status, tag));
    }

    /// <summary>Orleans' provider never removes what an update emptied.</summary>
    [Fact]
    public async Task UpdateAsync_ReplacesAllThatItKnowsAndLeavesTheRest()
    {
        await Rows.InsertAsync(MemberRows.Row(1) with { Suspicions = [("10.0.0.2:1@7", MemberRows.Start), ("10.0.0.3:1@7", MemberRows.Start)] });
        await Rows.SetAsync("10.0.0.1-1-7", ("Zone", new("b")), ("Order", new() { N = "4" }));

        Assert.Equal(2, (await Table.ReadAsync("10.0.0.1-1-7", Cancelled)).Rows[0].Row.Suspicions.Count);
        Assert.True(await Table.UpdateAsync(MemberRows.Row(1) with { HostName = "" }, 0, 2, 1, Cancelled));

        var item = await Rows.ItemAsync("10.0.0.1-1-7");
        Assert.Equal(("b", "4"), (item["Zone"].S, item["Order"].N));
        Assert.DoesNotContain("SuspectingSilos", item.Keys);
        Assert.DoesNotContain("SuspectingTimes", item.Keys);
        Assert.DoesNotContain("HostName", item.Keys);
    }

    [Fact]
    public async Task RenewAsync_ChangesOneAttributeAndNoTag()
    {
        await Rows.InsertAsync(MemberRows.Row(1));
        var before = await Rows.ItemAsync("10.0.0.1-1-7");
        var version = await Rows.ItemAsync("VersionRow");
        await Table.RenewAsync("10.0.0.1-1-7", MemberRows.Start.AddMinutes(1), Cancelled);

        var after = await Rows.ItemAsync("10.0.0.1-1-7");
        Assert.Equal("2026-11-23 10:01:00.123 GMT", after["IAmAliveTime"].S);
        after["IAmAliveTime"] = before["IAmAliveTime"];
        Assert.Equal(TextOf(before), TextOf(after));
        Assert.Equal(TextOf(version), TextOf(await Rows.ItemAsync("VersionRow")));

        var refused = await Assert.ThrowsAsync<StateStoreException>(() => Table.RenewAsync("10.0.0.9-1-7", MemberRows.Start, Cancelled));
        Assert.Contains("cluster blue has no row 10.0.0.9-1-7", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await Rows.ItemAsync("10.0.0.9-1-7") ?? []);
    }

    [Fact]
    public async Task RowsOfAnotherCluster_AreNeitherReadNorChangedNorDeleted()
    {
        using var green = Rows.Open("green");
        await green.EnsureVersionAsync(Cancelled);
        Assert.True(await green.InsertAsync(MemberRows.Row(1, status: 6), 1, 0, Cancelled));
        await Rows.InsertAsync(MemberRows.Row(2, status: 6), MemberRows.Row(3));

        await Table.DeleteOldAsync(MemberRows.Start.AddDays(1), Cancelled);
        Assert.Equal([3], (await Table.ReadAllAsync(Cancelled)).Rows.Select(r => r.Row.Port));
        await Table.DeleteAllAsync(MemberRows.Cluster, Cancelled);
        var refused = await Assert.ThrowsAsync<StateStoreException>(() => Table.ReadAllAsync(Cancelled));
        Assert.Contains("cluster blue has no row VersionRow", refused.Message, StringComparison.Ordinal);

        var theirs = await green.ReadAllAsync(Cancelled);
        Assert.Equal(new MembersVersion(1, 1), theirs.Version);
        Assert.Equal([1], theirs.Rows.Select(r => r.Row.Port));
    }

    [Fact]
    public async Task DeleteOldAsync_KeepsActiveSilosAndThoseThatWereWrittenOfSince()
    {
        var limit = MemberRows.Start.AddHours(1);
        await Rows.InsertAsync(
            MemberRows.Row(1), MemberRows.Row(2, status: 6), MemberRows.Row(3, status: 2), MemberRows.Row(4, status: 6) with { AliveTime = limit },
            MemberRows.Row(5, status: 6) with { Suspicions = [("10.0.0.2:1@7", limit)] });
        await Table.DeleteOldAsync(limit, Cancelled);
        Assert.Equal([1, 4, 5], (await Table.ReadAllAsync(Cancelled)).Rows.Select(r => r.Row.Port).Order());
    }

    [Fact]
    public async Task ATableWithoutItsVersionRow_IsNamedAndMendedByTheNextSiloThatStarts()
    {
        await Rows.InsertAsync(MemberRows.Row(1), MemberRows.Row(2), MemberRows.Row(3));
        await Rows.Client.DeleteItemAsync(Rows.Name, MemberItems.KeyOf(MemberRows.Cluster, "VersionRow"), Cancelled);
        foreach (var read in (Func<Task>[])[() => Table.ReadAllAsync(Cancelled), () => Table.ReadAsync("10.0.0.1-1-7", Cancelled)])
        {
            var refused = await Assert.ThrowsAsync<StateStoreException>(read);
            Assert.StartsWith($"table {Rows.Name} of DynamoDB at http://127.0.0.1:", refused.Message, StringComparison.Ordinal);
            Assert.EndsWith(
                "in region us-east-1: cluster blue has no row VersionRow: a silo writes it when it starts", refused.Message, StringComparison.Ordinal);
        }
        Assert.False(await Table.UpdateAsync(MemberRows.Row(1), 0, 4, 3, Cancelled));

        await Table.EnsureVersionAsync(Cancelled);
        var mended = await Table.ReadAllAsync(Cancelled);
        Assert.Equal((new MembersVersion(3, 3), 3), (mended.Version, mended.Rows.Count));
    }

    [Fact]
    public async Task AVersionThatWasSetBack_IsAnErrorAndNotAnEndlessLoop()
    {
        await Rows.InsertAsync(MemberRows.Row(1), MemberRows.Row(2));
        await Rows.SetAsync("VersionRow", ("MembershipVersion", new() { N = "1" }));
        var refused = await Assert.ThrowsAsync<StateStoreException>(() => Table.ReadAllAsync(Cancelled));
        Assert.Contains("row 10.0.0.1-2-7 of cluster blue is of version 2, and the cluster of version 1", refused.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, AttributeValue?, string> Unreadable => new()
    {
        { "Address", null, "Address is missing" },
        { "Address", new("nowhere"), "Address is 'nowhere'" },
        { "Port", new("x"), "Port is 'x'" },
        { "Port", new() { N = "70000" }, "Port is 70000" },
        { "Port", new() { N = "2" }, "what it says is of silo 10.0.0.1-2-7" },
        { "Generation", new() { N = "8" }, "what it says is of silo 10.0.0.1-1-8" },
        { "ProxyPort", new() { N = "70000" }, "ProxyPort is 70000" },
        { "SiloStatus", null, "SiloStatus is missing" },
        { "ETag", new() { N = "1.5" }, "ETag is '1.5'" },
        { "IAmAliveTime", new("yesterday"), "IAmAliveTime is 'yesterday'" },
        { "SuspectingSilos", new("10.0.0.3:1@7|10.0.0.4:1@7"), "SuspectingSilos has 2 parts and SuspectingTimes 0" },
    };

    [Theory]
    [MemberData(nameof(Unreadable))]
    public async Task ARowThatCannotBeRead_IsNamedWithTheReasonAndTheOthersAreRead(string name, AttributeValue? value, string reason)
    {
        await Rows.InsertAsync(MemberRows.Row(1), MemberRows.Row(2));
        await Rows.SetAsync("10.0.0.1-1-7", (name, value));
        var read = await Table.ReadAllAsync(Cancelled);
        Assert.Equal([2], read.Rows.Select(r => r.Row.Port));
        Assert.Equal([new UnreadableMember("10.0.0.1-1-7", reason)], read.Unreadable);
    }

    /// <summary>IPv6 sorts on both sides of the version.</summary>
    [Theory]
    [InlineData("::1")]
    [InlineData("2001:db8::17")]
    [InlineData("fe80::1")]
    public async Task AnIpv6Address_IsReadAsItWasWritten(string address)
    {
        var row = MemberRows.Row(1, address: address);
        await Rows.InsertAsync(row);
        Assert.Equal($"{address}-1-7", row.Identity);
        Assert.Equal(row.Identity, Assert.Single((await Table.ReadAllAsync(Cancelled)).Rows).Row.Identity);
        Assert.True(await Table.UpdateAsync(row, 0, 2, 1, Cancelled));
        using var gateways = Rows.OpenGateways();
        Assert.Equal(address, Assert.Single((await gateways.ReadAsync(Cancelled)).Gateways).Address);
    }

    [Fact]
    public async Task MoreRowsThanOnePageHas_AreAllReadScannedAndDeleted()
    {
        const int Count = 50;
        await Rows.InsertAsync([.. Enumerable.Range(1, Count).Select(i => MemberRows.Row(i))]);
        foreach (var port in Enumerable.Range(1, Count))
            await Rows.SetAsync($"10.0.0.1-{port}-7", ("Ballast", new(new string('b', 60_000))));
        Assert.NotEmpty((await Rows.Client.ScanAsync(new ScanRequest(Rows.Name), Cancelled)).LastEvaluatedKey);

        Assert.Equal(Enumerable.Range(1, Count), (await Table.ReadAllAsync(Cancelled)).Rows.Select(r => r.Row.Port).Order());
        using var gateways = Rows.OpenGateways();
        Assert.Equal(Count, (await gateways.ReadAsync(Cancelled)).Gateways.Count);
        await Table.DeleteAllAsync(MemberRows.Cluster, Cancelled);
        Assert.Empty((await Rows.Client.ScanAsync(new ScanRequest(Rows.Name), Cancelled)).Items ?? []);
    }

    [Fact]
    public async Task Gateways_AreTheActiveSilosOfTheClusterThatHaveOne()
    {
        using var green = Rows.Open("green");
        await green.EnsureVersionAsync(Cancelled);
        await green.InsertAsync(MemberRows.Row(9), 1, 0, Cancelled);
        await Rows.InsertAsync(
            MemberRows.Row(1), MemberRows.Row(2, status: 6), MemberRows.Row(3) with { ProxyPort = 0 }, MemberRows.Row(4) with { ProxyPort = 30_004 },
            MemberRows.Row(5));
        await Rows.SetAsync("10.0.0.1-5-7", ("Address", new("nowhere")));
        await Rows.InsertAsync(MemberRows.Row(6));
        await Rows.SetAsync("10.0.0.1-6-7", ("ProxyPort", new() { N = "70000" }));
        using var table = Rows.OpenGateways();

        var (gateways, unreadable) = await table.ReadAsync(Cancelled);
        Assert.Equal([new("10.0.0.1", 30_000, 7), new GatewayRow("10.0.0.1", 30_004, 7)], gateways.OrderBy(g => g.Port));
        Assert.Equal(
            [new UnreadableMember("10.0.0.1-5-7", "Address is 'nowhere'"), new("10.0.0.1-6-7", "ProxyPort is 70000")], unreadable.OrderBy(u => u.Identity));
    }

    [Fact]
    public async Task EnsureAsync_WhereNothingMayBeCreated_SaysWhatIsMissing()
    {
        using var missing = new MemberRows(await dynamo.UrlAsync());
        using var table = missing.Open(mayCreate: false);
        var refused = await Assert.ThrowsAsync<KplOptionsException>(() => table.EnsureAsync(Cancelled));
        Assert.Equal([$"table {missing.Name} {RequiredTables.NotCreated}"], refused.Errors);
    }

    private static IEnumerable<string> TextOf(Dictionary<string, AttributeValue> item) =>
        item.Select(a => $"{a.Key}={a.Value.S ?? a.Value.N}").Order(StringComparer.Ordinal);
}
