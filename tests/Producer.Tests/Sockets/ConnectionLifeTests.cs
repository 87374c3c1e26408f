using Orleans.Kpl.Aws.Transport;

namespace Orleans.Kpl.Producer.Tests.Sockets;

/// <summary>How long connections live: a host's address changes, and middle boxes forget connections that are idle.</summary>
public sealed class ConnectionLifeTests
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    /// <summary>What a call on a connection that is forgotten would take.</summary>
    private static readonly TimeSpan TimeOut = LocalKinesis.Long / 3;

    /// <summary>What forgets idle connections does so after 350 s (NAT gateways, network load balancers), some after 60 s.</summary>
    [Fact]
    public void Connections_LiveNoLongerThanTheWayThereIsKnown()
    {
        using var handler = KinesisHandler.Create(new KinesisOptions(), maxConnections: 1);
        Assert.InRange(handler.PooledConnectionIdleTimeout, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(59));
        Assert.InRange(handler.PooledConnectionLifetime, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10));
    }

    [Fact]
    public async Task HostThatMovesWhileTheOldAddressStillAnswers_IsFollowedWithinTheLifetimeOfConnections()
    {
        await using var former = await LocalKinesis.StartAsync();
        await using var present = await LocalKinesis.StartAsync();
        await using var host = new MovedHost(former.Server.Url, Quick, handler => handler.PooledConnectionLifetime = Short);
        var results = await PutAsync(host, 0);
        host.MoveTo(present.Server.Url);
        var moved = TimeProvider.System.GetTimestamp();

        // The producer is never idle: nothing but a connection's age makes it look for the host again.
        var left = host.ClosedToAsync(former.Server.Url);
        for (var batch = 1; !left.IsCompleted; batch++)
            results.AddRange(await PutAsync(host, batch));
        var took = TimeProvider.System.GetElapsedTime(moved);
        var atFormer = former.Applied().Count;
        results.AddRange(await PutAsync(host, 1_000_000));

        // Without the short lifetime it would have taken the product's own.
        using var own = KinesisHandler.Create(new KinesisOptions(), maxConnections: 1);
        Assert.InRange(took, TimeSpan.Zero, own.PooledConnectionLifetime / 2);
        Assert.Equal(atFormer, former.Applied().Count);
        Assert.True(host.WasOpenTo(present.Server.Url));
        Assert.All(results, r => Assert.True(r is { IsSuccess: true, Attempts.Count: 1 }, r.ToString()));
        AssertOnce(results, former, present);
    }

    [Fact]
    public async Task HostThatMovesBecauseTheOldAddressIsGone_LosesNothing()
    {
        await using var former = await LocalKinesis.StartAsync();
        await using var present = await LocalKinesis.StartAsync();
        await using var host = new MovedHost(former.Server.Url, Quick, _ => { });
        var results = await PutAsync(host, 0);
        former.Server.Kinesis.Faults.Add(new OutageFault());
        var puts = Enumerable.Range(1, 20).Select(batch => PutAsync(host, batch)).ToList();
        host.MoveTo(present.Server.Url);
        results.AddRange((await Task.WhenAll(puts)).SelectMany(r => r));

        Assert.All(results, r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.True(present.Applied().Count >= 1_000);
        AssertOnce(results, former, present);
    }

    /// <summary>After a quiet time the connections that a middle box may have forgotten are gone here too.</summary>
    [Fact]
    public async Task QuietTime_LetsGoOfIdleConnections_AndTheNextRecordTravelsOnANewOneAtOnce()
    {
        await using var kinesis = await LocalKinesis.StartAsync();
        await using var host = new MovedHost(kinesis.Server.Url, Quick, handler => handler.PooledConnectionIdleTimeout = Short);
        await AssertFirstAfterQuietAsync(host, kinesis);
    }

    /// <summary>The same with the product's own times.</summary>
    [Fact]
    [Trait("Category", "Long")]
    public async Task QuietHour_TheFirstRecordDoesNotWaitForATimeOut()
    {
        await using var kinesis = await LocalKinesis.StartAsync();
        await using var host = new MovedHost(kinesis.Server.Url, Quick, _ => { });
        var start = TimeProvider.System.GetTimestamp();
        await AssertFirstAfterQuietAsync(host, kinesis);
        Assert.InRange(TimeProvider.System.GetElapsedTime(start).TotalSeconds, 50, 300);
    }

    private static async Task AssertFirstAfterQuietAsync(MovedHost host, LocalKinesis kinesis)
    {
        await PutAsync(host, 0);
        Assert.True(host.WasOpenTo(kinesis.Server.Url));
        await host.ClosedToAsync(kinesis.Server.Url).WaitAsync(TimeSpan.FromMinutes(5));

        var results = await PutAsync(host, 1);

        Assert.All(results, r => Assert.True(r is { IsSuccess: true, Attempts.Count: 1 }, r.ToString()));
        var sent = results.Select(r => r.Attempts[0]).ToList();
        Assert.True(sent.Max(a => a.EndedAt) - sent.Min(a => a.StartedAt) < TimeOut / 2);
    }

    private static void Quick(KplOptions options) =>
        (options.RecordMaxBufferedTime, options.BackoffMax, options.RequestTimeout, options.RecordTtl) =
        (TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(200), TimeOut, LocalKinesis.Long);

    private static async Task<List<RecordResult>> PutAsync(MovedHost host, int batch)
    {
        var records = Enumerable.Range(batch * 50, 50).Select(LocalKinesis.Record).ToArray();
        return [.. await host.Producer.PutAsync(LocalKinesis.Stream, records).AsTask().WaitAsync(LocalKinesis.Long)];
    }

    private static void AssertOnce(List<RecordResult> results, params LocalKinesis[] endpoints)
    {
        var applied = endpoints.SelectMany(e => e.Applied()).Select(r => (r.Shard, r.SequenceNumber)).ToHashSet();
        Assert.All(results, r => Assert.Contains((r.ShardId!, r.SequenceNumber!), applied));
        Assert.Equal(results.Count, endpoints.Sum(e => e.Applied().Select(r => r.Key).Distinct().Count()));
        Assert.Equal(results.Count, endpoints.Sum(e => e.Applied().Count));
    }
}
