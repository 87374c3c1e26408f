using Orleans.Kpl.Cluster.Tests.Running;
using Orleans.Kpl.DynamoDb.State;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.DynamoDb.Tests.State;

public sealed class DynamoDbStateStoreTests(DynamoDbLocal dynamo) : IAsyncLifetime
{
    private readonly string _table = $"t{Guid.NewGuid():N}-state";
    private DynamoDbStateStore? _store;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private DynamoDbStateStore Store => _store!;

    public async ValueTask InitializeAsync() => _store = new DynamoDbStateStore(TableClients.Of(await dynamo.UrlAsync()), _table, TimeProvider.System);

    public ValueTask DisposeAsync()
    {
        _store?.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The lease of a silo says nothing but its version. Older DynamoDB Locals refuse empty texts, and no ordered stream was ever sent then.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("text")]
    public async Task WriteAsync_WhateverTheText_CanBeReadListedWrittenOverAndDeleted(string text)
    {
        var first = await Store.WriteAsync("kind", "key", 0, text, Cancelled);
        Assert.Equal(new StateRow("kind", "key", 1, text), first);
        Assert.Equal(first, await Store.ReadAsync("kind", "key", Cancelled));
        Assert.Equal([first!], await Store.ListAsync("kind", Cancelled));

        var second = await Store.WriteAsync("kind", "key", 1, "", Cancelled);
        Assert.Equal(new StateRow("kind", "key", 2, ""), await Store.ReadAsync("kind", "key", Cancelled));
        Assert.Equal(2, second!.Version);
        Assert.True(await Store.DeleteAsync("kind", "key", 2, Cancelled));
        Assert.Null(await Store.ReadAsync("kind", "key", Cancelled));
    }

    /// <summary>The sums of a load are at most so long.</summary>
    [Fact]
    public async Task WriteAsync_OfTheLongestText_IsWithinARow()
    {
        var text = new string('x', 399 << 10);
        await Store.WriteAsync("load", new string('s', 128), 0, text, Cancelled);
        Assert.Equal(text, (await Store.ReadAsync("load", new string('s', 128), Cancelled))!.Text);
    }

    /// <summary>The SDK repeats a call whose answer was lost: the second try met what the first had done, and its caller took it for another's.</summary>
    [Fact]
    public async Task ACall_ThatIsRepeatedAfterItWasCarriedOut_HasTheAnswerOfTheFirst_AndOneOverAnotherVersionChangesNothing()
    {
        for (var version = 0; version < 2; version++)
        {
            var first = await Store.WriteAsync("kind", "key", version, "text", Cancelled);
            Assert.Equal(first, await Store.WriteAsync("kind", "key", version, "text", Cancelled));
        }

        Assert.Null(await Store.WriteAsync("kind", "key", 1, "other", Cancelled));
        Assert.Null(await Store.WriteAsync("kind", "key", 0, "text", Cancelled));
        Assert.Null(await Store.WriteAsync("kind", "key", 3, "later", Cancelled));
        Assert.False(await Store.DeleteAsync("kind", "key", 1, Cancelled));
        Assert.Equal(new StateRow("kind", "key", 2, "text"), await Store.ReadAsync("kind", "key", Cancelled));
        Assert.True(await Store.DeleteAsync("kind", "key", 2, Cancelled));
        Assert.True(await Store.DeleteAsync("kind", "key", 2, Cancelled));
    }

    /// <summary>A lease counts from when its renewal began: one of before is no renewal of now.</summary>
    [Fact]
    public async Task WriteAsync_WithoutText_ThatIsRepeated_IsNoWriteOfNow()
    {
        Assert.NotNull(await Store.WriteAsync("lease", "silo", 0, "", Cancelled));

        Assert.Null(await Store.WriteAsync("lease", "silo", 0, "", Cancelled));
    }

    [Fact]
    public async Task WriteAsync_OfManyAtOnce_OneOfThemWins()
    {
        var written = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Store.WriteAsync("kind", "key", 0, $"{i}", Cancelled)));

        var winner = Assert.Single(written, w => w is not null);
        Assert.Equal(winner, await Store.ReadAsync("kind", "key", Cancelled));
    }
}
