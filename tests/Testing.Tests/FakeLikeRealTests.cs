namespace Orleans.Kpl.Testing.Tests;

/// <summary>What a real producer refuses, the fake refuses with the same words: a program that is wrong fails in its unit tests.</summary>
public sealed class FakeLikeRealTests
{
    private static readonly byte[] TooLarge = new byte[(1 << 20) + 1];

    public static TheoryData<string, Func<IKplProducer, Task>> BadPuts { get; } = new()
    {
        { "no key", p => p.PutAsync("events", UserRecord.FromText("", "x")).AsTask() },
        { "null key", p => p.PutAsync("events", new UserRecord(null!, new byte[1])).AsTask() },
        { "long key", p => p.PutAsync("events", UserRecord.FromText(new string('k', 257), "x")).AsTask() },
        { "large record", p => p.PutAsync("events", new UserRecord("k", TooLarge)).AsTask() },
        { "no stream", p => p.PutAsync("e vents", UserRecord.FromText("k", "x")).AsTask() },
        { "null stream", p => p.PutAsync(null!, UserRecord.FromText("k", "x")).AsTask() },
        { "no stream of a batch", p => p.PutAsync("", [UserRecord.FromText("k", "x")]).AsTask() },
        { "no backlog", p => p.PutAsync("events", UserRecord.FromText("k", "x"), new PutOptions { AckLevel = AckLevel.Persisted }).AsTask() },
        { "no time", p => p.PutAsync("events", UserRecord.FromText("k", "x"), new PutOptions { TimeToLive = TimeSpan.Zero }).AsTask() },
        { "cancelled", p => p.PutAsync("events", UserRecord.FromText("k", "x"), null, new CancellationToken(true)).AsTask() },
        { "cancelled batch", p => p.PutAsync("events", [UserRecord.FromText("k", "x")], null, new CancellationToken(true)).AsTask() },
    };

    [Theory]
    [MemberData(nameof(BadPuts), DisableDiscoveryEnumeration = true)]
    public async Task BadPut_OfTheFake_ThrowsWhatTheRealOneThrows(string what, Func<IKplProducer, Task> put)
    {
        await using var kinesis = await LocalKinesis.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        await kinesis.CreateStreamAsync("events");
        await using var real = KplProducer.Create(kinesis.CreateOptions());
        await using var fake = new FakeKplProducer();

        var (expected, actual) = (await Assert.ThrowsAnyAsync<Exception>(() => put(real)), await Assert.ThrowsAnyAsync<Exception>(() => put(fake)));

        Assert.Equal((expected.GetType(), expected.Message), (actual.GetType(), actual.Message));
        Assert.True((expected as RecordValidationException)?.Code == (actual as RecordValidationException)?.Code, what);
    }

    [Fact]
    public async Task BadBatch_OfTheFake_HasTheResultsOfTheRealOne()
    {
        await using var kinesis = await LocalKinesis.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        await kinesis.CreateStreamAsync("events");
        await using var real = KplProducer.Create(kinesis.CreateOptions());
        await using var fake = new FakeKplProducer();
        UserRecord[] batch =
            [UserRecord.FromText("", "x"), UserRecord.FromText("k", "x"), new UserRecord("k", TooLarge), UserRecord.FromText(new string('k', 300), "x")];

        var results = await Task.WhenAll(new IKplProducer[] { real, fake }.Select(p => p.PutAsync("events", batch).AsTask()));

        Assert.Equal(results[0].Select(Told), results[1].Select(Told));
        Assert.Equal(real.GetLedger("events"), fake.GetLedger("events"));

        static (RecordStatus, string?, string?, bool) Told(RecordResult r) => (r.Status, r.ErrorCode, r.ErrorMessage, r.Record is null);
    }
}
