using System.Collections.Concurrent;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Ingesting;
using Orleans.Kpl.Http.Tests.Identities;

namespace Orleans.Kpl.Http.Tests.Guarding;

/// <summary>Streams that nobody asked for cost no pipeline and no call.</summary>
public sealed class StreamGateTests
{
    private const string Event = """[{"partition_key":"k","payload":1}]""";

    [Theory]
    [InlineData("events", 200)] // the default stream
    [InlineData("orders", 200)]
    [InlineData("clicks-eu", 200)]
    [InlineData("arn:aws:kinesis:eu-west-1:123456789012:stream%2Fpaid", 200)]
    [InlineData("other", 403)]
    [InlineData("order", 403)]
    [InlineData("orders2", 403)]
    [InlineData("arn:aws:kinesis:eu-west-1:999999999999:stream%2Fpaid", 403)]
    public async Task Post_ToAStreamThatIsNotListed_NeverReachesTheProducer(string stream, int status)
    {
        await using var server = await HttpServer.StartAsync(o => o.Streams = ["orders", "clicks-*", "arn:aws:kinesis:eu-west-1:123456789012:stream/paid"]);

        var answer = await server.PostAsync($"/streams/{stream}/records", Event);

        Assert.Equal((status, status == 200 ? 1 : 0), (answer.Status, server.Producer.Calls));
        if (status == 403)
            Assert.Equal("Forbidden", answer.Code);
    }

    [Fact]
    public async Task Post_ToAMissingStream_AsksOnceAMinute()
    {
        var time = new FakeTimeProvider();
        await using var server = await HttpServer.StartAsync(time);
        server.Producer.Judge = Missing;

        for (var i = 0; i < 3; i++)
        {
            (await server.PostAsync("/streams/invented/records", Event)).AssertRefused(404, RecordErrorCodes.ResourceNotFound);
        }

        Assert.Equal(1, server.Producer.Calls);
        server.Producer.Judge = null;
        time.Advance(MissingStreams.Kept);
        Assert.Equal(200, (await server.PostAsync("/streams/invented/records", Event)).Status);
    }

    /// <summary>4,000 made-up names took 110 MB in 8 seconds, some of it for ever: nobody waited to learn that they do not exist.</summary>
    [Theory]
    [InlineData("accepted", 202)]
    [InlineData("delivered", 404)]
    public async Task Post_ToStreamsWithoutEnd_OfWhichNoneExists_ReachesTheProducerForSoManyOnly(string ack, int status)
    {
        var time = new FakeTimeProvider();
        await using var server = await HttpServer.StartAsync(time, static o => o.OwnStreams = ["listed"]);
        server.Producer.Judge = ack == "delivered" ? Missing : null; // who waits for no outcome is not told
        server.Producer.Ledger = static stream => new StreamLedger { Delivered = stream == "proved" ? 1 : 0 };
        for (var i = 0; i < NewStreams.MostNames; i++)
            Assert.Equal(status, (await server.PostAsync($"/streams/made-up-{i}/records?ack={ack}", Event)).Status);
        for (var i = 0; i < 10; i++)
        {
            var answer = await server.PostAsync($"/streams/another-{i}/records?ack={ack}", Event);
            Assert.Equal((429, "TooManyRequests", "1"), (answer.Status, answer.Code, answer.RetryAfter));
        }

        Assert.Equal(NewStreams.MostNames, server.Producer.Calls);
        server.Producer.Judge = null;
        foreach (var path in (string[])["/streams/listed/records", "/streams/proved/records", "/streams/events/records"])
            Assert.Equal(200, (await server.PostAsync(path, Event)).Status);
        time.Advance(NewStreams.Kept);
        Assert.Equal(200, (await server.PostAsync("/streams/another-1/records", Event)).Status);
    }

    /// <summary>A client whose lines were all wrong used up the places, and kept out the streams of others that are new.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("?stream=true")]
    public async Task Post_OfNoRecordThatCanBeTaken_LeavesThePlacesOfNewStreams(string query)
    {
        await using var server = await HttpServer.StartAsync(new FakeTimeProvider());
        server.Producer.Ledger = static _ => default; // nothing was ever delivered
        for (var i = 0; i <= NewStreams.MostNames; i++)
        {
            var answer = await server.PostAsync($"/streams/made-up-{i}/records{query}", """{"partition_key":""}""", "application/x-ndjson");
            Assert.Equal((200, "MissingPayload"), (answer.Status, answer.Code));
        }

        Assert.Equal((0, 200), (server.Producer.Calls, (await server.PostAsync("/streams/orders/records", Event)).Status));
    }

    /// <summary>The places are for lines that come without end, too.</summary>
    [Fact]
    public async Task Post_OfStreamedLines_ToStreamsWithoutEnd_ReachesTheProducerForSoManyOnly()
    {
        await using var server = await HttpServer.StartAsync(new FakeTimeProvider());
        server.Producer.Ledger = static _ => default;
        for (var i = 0; i <= NewStreams.MostNames; i++)
        {
            var answer = await server.PostAsync($"/streams/s{i}/records?stream=true", Event[1..^1], "application/x-ndjson");
            Assert.Equal(i < NewStreams.MostNames ? 200 : 429, answer.Status);
        }

        Assert.Equal(NewStreams.MostNames, server.Producer.Calls);
    }

    /// <summary>After a start all streams are new: one client with the right to many names kept those of all others out.</summary>
    [Fact]
    public void NewStreams_OfOneIdentity_LeaveRoomForThoseOfOthers()
    {
        var time = new FakeTimeProvider();
        var names = new NewStreams(time, static _ => false);
        for (var i = 0; i < NewStreams.MostOfOne; i++)
            Assert.True(names.TryAdd($"made-up-{i}", "mallory"));

        Assert.False(names.TryAdd("one-more", "mallory"));
        Assert.True(names.TryAdd("orders", "alice"));
        Assert.True(names.TryAdd("orders", "mallory"));
        time.Advance(NewStreams.Kept);
        Assert.True(names.TryAdd("one-more", "mallory"));
    }

    [Fact]
    public async Task Post_OfAnIdentity_ToStreamsWithoutEnd_LeavesThoseOfOthers()
    {
        var (greedy, other) = (ApiKeyText.Create(), ApiKeyText.Create());
        using var folder = new IdentityFolder().Write(
            IdentityFolder.Identity("greedy", greedy, "produce:*"), IdentityFolder.Identity("other", other, "produce:orders-eu"));
        await using var server = await IdentityServer.StartAsync(folder);
        server.Producer.Ledger = static _ => default; // nothing is ever delivered
        for (var i = 0; i < NewStreams.MostOfOne; i++)
            Assert.Equal(202, (await server.SendAsync("POST", $"/streams/made-up-{i}/records?ack=accepted", greedy, Event)).Status);

        Assert.Equal(429, (await server.SendAsync("POST", "/streams/one-more/records?ack=accepted", greedy, Event)).Status);
        Assert.Equal(202, (await server.SendAsync("POST", "/streams/orders-eu/records?ack=accepted", other, Event)).Status);
    }

    /// <summary>The 257th stream of an identity was shut out for ten minutes after each start, though records of all others arrived.</summary>
    [Fact]
    public async Task Post_ToManyStreams_WhereThoseBeforeDeliver_IsTaken()
    {
        var key = ApiKeyText.Create();
        using var folder = new IdentityFolder().Write(IdentityFolder.Identity("many", key, "produce:*"));
        await using var server = await IdentityServer.StartAsync(folder);
        var asked = new ConcurrentDictionary<string, bool>();
        server.Producer.Ledger = stream => new StreamLedger { Delivered = asked.TryAdd(stream, true) ? 0 : 1 };
        for (var i = 0; i <= NewStreams.MostOfOne; i++)
            Assert.Equal(202, (await server.SendAsync("POST", $"/streams/s{i}/records?ack=accepted", key, Event)).Status);
    }

    [Fact]
    public void NewStreams_ThatAreFull_AreSweptOnceASecond()
    {
        var (time, looks, isDelivered) = (new FakeTimeProvider(), 0, false);
        var names = new NewStreams(time, _ => looks++ >= 0 && isDelivered);
        for (var i = 0; i < NewStreams.MostNames; i++)
            Assert.True(names.TryAdd($"s{i}", null));
        for (var i = 0; i < 10; i++)
            Assert.False(names.TryAdd("one-more", null));
        Assert.Equal(NewStreams.MostNames, looks);

        isDelivered = true;
        time.Advance(NewStreams.SweepPeriod);
        for (var i = 0; i < NewStreams.MostNames; i++)
            Assert.True(names.TryAdd($"t{i}", null));
        Assert.False(names.TryAdd("one-more", null));
    }

    /// <summary>A tier that creates its streams in the background is asked for them before they are there.</summary>
    [Fact]
    public async Task Post_ToAStreamOfTheProcessItself_IsAlwaysTried()
    {
        await using var server = await HttpServer.StartAsync(o => o.OwnStreams = ["mine"]);
        server.Producer.Judge = Missing;
        foreach (var path in new[] { "/streams/mine/records", "/streams/events/records" })
            Assert.Equal(404, (await server.PostAsync(path, Event)).Status);
        Assert.Equal(404, (await server.PostAsync("/events/confirmed", Event[1..^1])).Status);
        server.Producer.Judge = null;

        foreach (var path in new[] { "/streams/mine/records", "/streams/events/records" })
            Assert.Equal(200, (await server.PostAsync(path, Event)).Status);
        Assert.Equal(200, (await server.PostAsync("/events/confirmed", Event[1..^1])).Status);
    }

    [Fact]
    public void MissingStreams_OfManyNames_KeepsTheLatest()
    {
        var missing = new MissingStreams(["own"], new FakeTimeProvider());
        for (var i = 0; i < 3 * MissingStreams.MostNames; i++)
            missing.Add($"s{i}");
        missing.Add("own");

        Assert.False(missing.Has("s0"));
        Assert.False(missing.Has("own"));
        Assert.All(Enumerable.Range(2 * MissingStreams.MostNames, MissingStreams.MostNames), i => Assert.True(missing.Has($"s{i}")));
    }

    private static RecordResult Missing(UserRecord record) =>
        RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.ResourceNotFound, "no such stream", record);
}
