using Orleans.Kpl.Interop.Tests.Processes;

namespace Orleans.Kpl.Interop.Tests;

/// <summary>The embedded producer, as it is, against Kinesis endpoints by others.</summary>
public sealed class StandInTests
{
    private const string Stream = "events";

    [Theory]
    [InlineData("kinesalite.mjs", WireFormat.Json)]
    [InlineData("kinesalite.mjs", WireFormat.Cbor)]
    [InlineData("kinesis-local.mjs", WireFormat.Json)]
    [InlineData("kinesis-local.mjs", WireFormat.Cbor)]
    public async Task Producer_WhenEndpointIsByOthers_DeliversEachRecordOnce(string script, WireFormat format)
    {
        Needs.NodePackages();
        await using var endpoint = await Server.StartStandInAsync(script);
        var url = $"http://127.0.0.1:{endpoint.Ready}";
        await Command.ScriptAsync("client.mjs", ["create", url, Stream, "3"]);
        var records = SampleRecords.Make(2_000, seed: 6);

        await using var producer = Create(url, format);
        var results = await producer.PutAsync(Stream, records.Select(ToUserRecord).ToArray());

        Assert.All(results, r => Assert.True(r.IsSuccess, r.ToString()));
        var put = records.Zip(results, (record, r) => record with { ShardId = r.ShardId, SequenceNumber = r.SequenceNumber, SubSequenceNumber = r.SubSequenceNumber });
        var read = await Command.ScriptAsync("aggregates.mjs", ["split"], await Command.ScriptAsync("client.mjs", ["read", url, Stream]));
        Assert.Equal(SampleRecords.Places(put), SampleRecords.Places(read));
    }

    [Theory]
    [InlineData("kinesalite.mjs", WireFormat.Json)]
    [InlineData("kinesalite.mjs", WireFormat.Cbor)]
    [InlineData("kinesis-local.mjs", WireFormat.Json)]
    [InlineData("kinesis-local.mjs", WireFormat.Cbor)]
    public async Task Producer_WhenStreamIsMissing_FailsTheRecordWithKinesisCode(string script, WireFormat format)
    {
        Needs.NodePackages();
        await using var endpoint = await Server.StartStandInAsync(script);
        await using var producer = Create($"http://127.0.0.1:{endpoint.Ready}", format);

        var result = await producer.PutAsync("missing", new UserRecord("key", "data"u8.ToArray()));

        Assert.Equal(RecordErrorCodes.ResourceNotFound, result.ErrorCode);
        Assert.Equal("key", result.Record!.Value.PartitionKey);
    }

    /// <summary>On a busy machine these answer slowly, and a call that is given up may be applied all the same: then a record is there twice.</summary>
    internal static KplProducer Create(string url, WireFormat format = WireFormat.Json) => KplProducer.Create(new KplOptions
    {
        WireFormat = format,
        Kinesis = { EndpointUrl = new Uri(url) },
        RequestTimeout = TimeSpan.FromMinutes(1),
        RecordTtl = TimeSpan.FromMinutes(2),
    });

    internal static UserRecord ToUserRecord(Line line) =>
        new(line.PartitionKey, Convert.FromBase64String(line.Data), line.ExplicitHashKey is { } hashKey ? ExplicitHashKey.Parse(hashKey) : null);
}
