using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Producer.Tests.Sockets;

/// <summary>The dialect that a stream is set to, from the setting to the wire.</summary>
public sealed class WireFormatTests
{
    [Theory]
    [InlineData(WireFormat.Json, OrderedMode.Off)]
    [InlineData(WireFormat.Cbor, OrderedMode.Off)]
    [InlineData(WireFormat.Cbor, OrderedMode.PutRecord)]
    [InlineData(WireFormat.Cbor, OrderedMode.PutRecords)]
    public async Task Put_WhenTheStreamHasAWireFormat_SendsItsRecordsInIt(WireFormat format, OrderedMode order)
    {
        const int count = 5_000;
        var log = new Logging.CapturedLog();
        await using var kinesis = await LocalKinesis.StartAsync();
        await using var gate = await DialectGate.StartAsync(kinesis.Server.Url, refusesCbor: false);
        await using var producer = kinesis.Producer(o => (o.Kinesis.EndpointUrl, o.WireFormat, o.Ordered) = (gate.Url, format, order), log);

        var results = await producer.PutAsync(LocalKinesis.Stream, LocalKinesis.Records(count));

        Check(kinesis, results);
        var (puts, others) = (gate.Seen.Where(s => s.Operation.StartsWith("PutRecord", StringComparison.Ordinal)), gate.Seen.Where(s => s.Operation.StartsWith("ListShards", StringComparison.Ordinal)));
        Assert.All(puts, s => Assert.Equal((order == OrderedMode.PutRecord ? "PutRecord" : "PutRecords", format == WireFormat.Cbor), s));
        Assert.NotEmpty(puts);
        Assert.All(others, s => Assert.False(s.Cbor));
        Assert.NotEmpty(others);
        Assert.DoesNotContain(log.Lines, l => l.Level >= LogLevel.Warning);
    }

    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecord)]
    public async Task Put_WhenTheEndpointTakesNoCbor_SendsJsonAndSaysItOnce(OrderedMode order)
    {
        var log = new Logging.CapturedLog();
        await using var kinesis = await LocalKinesis.StartAsync(shards: 1);
        await using var gate = await DialectGate.StartAsync(kinesis.Server.Url, refusesCbor: true);
        await using var producer = kinesis.Producer(o => (o.Kinesis.EndpointUrl, o.WireFormat, o.Ordered) = (gate.Url, WireFormat.Cbor, order), log);

        var first = await producer.PutAsync(LocalKinesis.Stream, LocalKinesis.Record(0));
        var rest = await producer.PutAsync(LocalKinesis.Stream, LocalKinesis.Records(2_000).AsMemory(1));

        // The record had one attempt: where nothing was applied the other dialect is none of its own.
        Assert.Single(first.Attempts);
        Check(kinesis, [first, .. rest]);
        Assert.Single(gate.Seen, s => s.Cbor);
        Assert.Equal(
            [(LogLevel.Warning, $"{gate.Url.Authority} does not take CBOR, records go there in JSON: HTTP 415: PutRecord{(order == OrderedMode.Off ? "s" : "")} was answered with HTTP 415 and no message.")],
            log.Lines.Where(l => l.Level >= LogLevel.Warning));
    }

    private static void Check(LocalKinesis kinesis, IReadOnlyList<RecordResult> results)
    {
        Assert.All(results, r => Assert.True(r.IsSuccess, r.ToString()));
        var applied = kinesis.Applied().ToDictionary(r => r.Key);
        Assert.Equal(results.Count, applied.Count);
        for (var i = 0; i < results.Count; i++)
            Assert.Equal((results[i].ShardId, results[i].SequenceNumber, $"data-{i}"),
                (applied[$"key-{i}"].Shard, applied[$"key-{i}"].SequenceNumber, applied[$"key-{i}"].Data));
    }
}
