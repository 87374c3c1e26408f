using Orleans.Kpl.Interop.Tests.Contract;

namespace Orleans.Kpl.Interop.Tests;

/// <summary>The embedded producer, as it is, against Kinesis endpoints by others.</summary>
public sealed class StandInTests(KinesaliteContractTests.Endpoint kinesalite, KinesisLocalContractTests.Endpoint kinesisLocal)
    : IClassFixture<KinesaliteContractTests.Endpoint>, IClassFixture<KinesisLocalContractTests.Endpoint>
{
    [Theory]
    [InlineData("kinesalite", WireFormat.Json)]
    [InlineData("kinesalite", WireFormat.Cbor)]
    [InlineData("kinesis-local", WireFormat.Json)]
    [InlineData("kinesis-local", WireFormat.Cbor)]
    public async Task Producer_WhenEndpointIsByOthers_DeliversEachRecordOnce(string endpoint, WireFormat format)
    {
        var server = await StartAsync(endpoint);
        var stream = await server.CreateAsync(3);
        var records = SampleRecords.Make(500, seed: 6);

        await using var producer = StandInProducer.Create(server.Url, format);
        var results = await producer.PutAsync(stream, StandInProducer.ToUserRecords(records));

        var put = StandInProducer.Told(records, results);
        var read = await Command.ScriptAsync("aggregates.mjs", ["split"], await Command.ScriptAsync("client.mjs", ["read", server.Url, stream]));
        Assert.Equal(SampleRecords.Places(put), SampleRecords.Places(read));
    }

    [Theory]
    [InlineData("kinesalite", WireFormat.Json)]
    [InlineData("kinesalite", WireFormat.Cbor)]
    [InlineData("kinesis-local", WireFormat.Json)]
    [InlineData("kinesis-local", WireFormat.Cbor)]
    public async Task Producer_WhenStreamIsMissing_FailsTheRecordWithKinesisCode(string endpoint, WireFormat format)
    {
        var server = await StartAsync(endpoint);
        await using var producer = StandInProducer.Create(server.Url, format);

        var result = await producer.PutAsync("missing", new UserRecord("key", "data"u8.ToArray()));

        Assert.Equal(RecordErrorCodes.ResourceNotFound, result.ErrorCode);
        Assert.Equal("key", result.Record!.Value.PartitionKey);
    }

    /// <summary>One of each for all tests of the class: they have streams of their own.</summary>
    private async Task<ContractEndpoint> StartAsync(string endpoint)
    {
        ContractEndpoint server = endpoint switch
        {
            "kinesalite" => kinesalite,
            "kinesis-local" => kinesisLocal,
            _ => throw new ArgumentException($"{endpoint} is no stand-in", nameof(endpoint)),
        };
        await server.StartAsync();
        return server;
    }
}
