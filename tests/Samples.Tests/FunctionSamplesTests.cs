using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Samples.Tests;

/// <summary>The samples for Lambda, called as Lambda calls them.</summary>
public sealed class FunctionSamplesTests
{
    [Fact]
    public async Task Lambda_PutsTheEvent_AndAnswersWhereItIs()
    {
        await using var kinesis = await Testing.LocalKinesis.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        await kinesis.CreateStreamAsync("events");
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)
            [
                ("AWS_ENDPOINT_URL_KINESIS", kinesis.Url.AbsoluteUri), ("AWS_REGION", "us-east-1"),
                ("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "secret"),
            ])
        {
            Environment.SetEnvironmentVariable(name, value);
        }

        using MemoryStream input = new("""{"user":"user-17","what":"signed in"}"""u8.ToArray());
        using var answer = await JsonDocument.ParseAsync(
            await new global::Samples.Lambda.Function().HandleAsync(input), cancellationToken: TestContext.Current.CancellationToken);
        var record = Assert.Single(kinesis.GetDelivered("events"));
        Assert.Equal(("user-17", """{"user":"user-17","what":"signed in"}"""), (record.PartitionKey, record.Text));
        Assert.Equal(record.SequenceNumber, answer.RootElement.GetProperty("sequenceNumber").GetString());
    }

    [Fact]
    public async Task Consumer_TakesAggregatesApart_AndPassesOverRecordsThatComeAgain()
    {
        await using var kinesis = await Testing.LocalKinesis.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        await kinesis.CreateStreamAsync("events");
        var options = kinesis.CreateOptions();
        options.Ordered = OrderedMode.PutRecords;
        await using (var producer = KplProducer.Create(options))
        {
            UserRecord[] records = [.. Enumerable.Range(0, 100).Select(static n => UserRecord.FromText($"user-{n % 7}", $"text {n}"))];
            var results = await producer.PutAsync("events", records, cancellationToken: TestContext.Current.CancellationToken);
            Assert.All(results, static r => Assert.True(r.IsSuccess));
        }

        var sent = kinesis.Endpoint.GetApplied("events").ToList();
        Assert.InRange(sent.Count, 1, 99);
        var taken = new List<string>();
        var function = new global::Samples.Consumer.Function((key, text) => taken.Add($"{key} {text}"));
        // Lambda calls again with records that a failed batch had.
        for (var call = 0; call < 2; call++)
            function.Handle(EventOf(sent.Select(static r => (r.PartitionKey, r.Data.ToArray()))));
        function.Handle(EventOf([("plain", Encoding.UTF8.GetBytes("no aggregate"))]));

        var expected = Enumerable.Range(0, 100).Select(static n => $"user-{n % 7} text {n}").Append("plain no aggregate");
        Assert.Equal(expected.Order(StringComparer.Ordinal), taken.Order(StringComparer.Ordinal));
    }

    /// <summary>The record had been noted before it was taken: when Lambda sent the batch again, it was passed over and never taken.</summary>
    [Fact]
    public async Task Consumer_ThatFailsInABatch_TakesItsRecordsWhenTheyComeAgain()
    {
        await using var kinesis = await Testing.LocalKinesis.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        await kinesis.CreateStreamAsync("events");
        var options = kinesis.CreateOptions();
        options.Ordered = OrderedMode.PutRecords;
        await using (var producer = KplProducer.Create(options))
        {
            var result = await producer.PutAsync("events", UserRecord.FromText("user-17", "text"), cancellationToken: TestContext.Current.CancellationToken);
            Assert.True(result.IsSuccess);
        }

        (string, byte[])[] sent = [.. kinesis.Endpoint.GetApplied("events").Select(static r => (r.PartitionKey, r.Data.ToArray()))];
        var (taken, isBroken) = (new List<string>(), true);
        var function = new global::Samples.Consumer.Function((_, text) => taken.Add(isBroken ? throw new IOException("the database is away") : text));
        Assert.Throws<IOException>(() => function.Handle(EventOf(sent)));
        isBroken = false;
        function.Handle(EventOf(sent));
        Assert.Equal("text", Assert.Single(taken));
    }

    /// <summary>The event of an event source mapping, as far as the sample reads it.</summary>
    private static MemoryStream EventOf(IEnumerable<(string Key, byte[] Data)> records) => new(JsonSerializer.SerializeToUtf8Bytes(new
    {
        Records = records.Select(static r => new { eventSource = "aws:kinesis", kinesis = new { partitionKey = r.Key, data = r.Data } }),
    }));
}
