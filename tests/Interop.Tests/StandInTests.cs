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
        await using var endpoint = await StandIn.StartAsync(script);
        var url = endpoint.Url.OriginalString;
        await Command.ScriptAsync("client.mjs", ["create", url, Stream, "3"]);
        var records = SampleRecords.Make(2_000, seed: 6);

        await using var producer = StandInProducer.Create(url, format);
        var results = await producer.PutAsync(Stream, StandInProducer.ToUserRecords(records));

        var put = StandInProducer.Told(records, results);
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
        await using var endpoint = await StandIn.StartAsync(script);
        await using var producer = StandInProducer.Create(endpoint.Url.OriginalString, format);

        var result = await producer.PutAsync("missing", new UserRecord("key", "data"u8.ToArray()));

        Assert.Equal(RecordErrorCodes.ResourceNotFound, result.ErrorCode);
        Assert.Equal("key", result.Record!.Value.PartitionKey);
    }
}
