using System.Text;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Glue.Tests.Wire;

/// <summary>From KPL's file to what consumers find in Kinesis, with a whole producer between.</summary>
public sealed class GlueEndToEndTests
{
    private static readonly Guid Id = Guid.Parse("7f1bd9a4-3c5e-4b8d-9a56-0c2f4d1e8b77");

    [Fact]
    public async Task Records_OfAProducerWithKplsFile_AreDeliveredInFrames_BesideThoseWithoutSchema()
    {
        await using var kinesis = await Testing.LocalKinesis.StartAsync();
        await kinesis.CreateStreamAsync("events", 2);
        await using var glue = new GlueServer(static (operation, body) => operation == "RegisterSchemaVersion"
            && body.GetProperty("SchemaId").GetProperty("RegistryName").GetString() == "ours"
            ? (200, $$"""{"SchemaVersionId":"{{Id}}","VersionNumber":2,"Status":"AVAILABLE"}""")
            : GlueServer.Error("EntityNotFoundException", "Schema version is not found."));
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, $"endpoint={glue.Url}\nregistry.name=ours\ncompression=ZLIB\nschemaAutoRegistrationEnabled=true\n");

        var options = kinesis.CreateOptions();
        options.GlueSchemaRegistryPropertiesFilePath = path;
        // A request that is not answered in time is sent again, and its records are there twice.
        (options.RequestTimeout, options.RecordTtl) = (TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10));
        options.Kinesis.ConnectTimeout = TimeSpan.FromMinutes(5);
        await using var producer = KplProducer.Create(options);
        var orders = producer.WithSchema(new GlueSchema("""{"type":"object"}""", GlueDataFormat.Json, "orders"));
        File.Delete(path);
        var more = producer.WithSchema(new GlueSchema("""{"type":"object"}""", GlueDataFormat.Json, "orders"));
        List<UserRecord> records = [.. Enumerable.Range(0, 1_000).Select(static i => UserRecord.FromText($"key-{i}", $"text {i}"))];
        var results = await Task.WhenAll(
            orders.PutAsync("events", records[..600]).AsTask(), more.PutAsync("events", records[600..]).AsTask(),
            producer.PutAsync("events", [UserRecord.FromText("plain", "plain")]).AsTask());
        Assert.All(results.SelectMany(static r => r), static r => Assert.True(r.IsSuccess, r.ToString()));

        var delivered = kinesis.GetDelivered("events").ToLookup(static r => r.PartitionKey, static r => r.Data);
        Assert.Equal("plain", Encoding.UTF8.GetString(Assert.Single(delivered["plain"]).Span));
        Assert.All(records, record =>
        {
            Assert.True(GlueSchemaRegistry.TryRead(Assert.Single(delivered[record.PartitionKey]), out var frame));
            Assert.Equal((Id, true), (frame.VersionId, frame.IsCompressed));
            Assert.Equal(record.Data.ToArray(), frame.Unpack().ToArray());
        });
        // One look-up for both views; the note follows, and its refusal costs nothing.
        Assert.Equal(1, glue.Operations.Count(static o => o == "RegisterSchemaVersion"));
        Assert.Equal(1_001, producer.GetLedger("events").Delivered);
    }

    /// <summary>Nobody but the producer can listen to that registry, or dispose of it.</summary>
    [Fact]
    public async Task Registry_OfTheProducersOwn_WarnsInItsLog_AndEndsWithIt()
    {
        await using var kinesis = await Testing.LocalKinesis.StartAsync();
        await kinesis.CreateStreamAsync("events", 1);
        await using var glue = new GlueServer(static (operation, _) => operation == "RegisterSchemaVersion"
            ? (200, $$"""{"SchemaVersionId":"{{Id}}","VersionNumber":2,"Status":"AVAILABLE"}""")
            : GlueServer.Error("EntityNotFoundException", "Schema version is not found."));
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, $"endpoint={glue.Url}\nschemaAutoRegistrationEnabled=true\n");
        var (options, log) = (kinesis.CreateOptions(), new CapturedLog());
        options.GlueSchemaRegistryPropertiesFilePath = path;
        var producer = KplProducer.Create(options, log);
        var orders = producer.WithSchema(new GlueSchema("{}", GlueDataFormat.Json, "orders"));
        var others = producer.WithSchema(new GlueSchema("{}", GlueDataFormat.Json, "others"));
        File.Delete(path);

        Assert.True((await orders.PutAsync("events", UserRecord.FromText("k", "{}"))).IsSuccess);
        await Waiting.UntilAsync(() => log.Lines.Any(static l => l.Line.Contains("Glue: ", StringComparison.Ordinal)
            && l.Line.Contains("could not be given the metadata", StringComparison.Ordinal)));

        await producer.DisposeAsync();
        var calls = glue.Operations.Count;
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await others.PutAsync("events", UserRecord.FromText("k", "{}")));
        Assert.Equal(calls, glue.Operations.Count);
    }
}
