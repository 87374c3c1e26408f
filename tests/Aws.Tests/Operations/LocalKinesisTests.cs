using System.Text;
using Orleans.Kpl.Aws.Operations;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Tests.Operations;

/// <summary>The client against an endpoint that was written without it, which checks every signature.</summary>
public sealed class LocalKinesisTests
{
    private static readonly StreamTarget Stream = Gateways.Stream();

    [Theory]
    [InlineData(null, WireFormat.Json)]
    [InlineData("session+token/==", WireFormat.Json)]
    [InlineData(null, WireFormat.Cbor)]
    [InlineData("session+token/==", WireFormat.Cbor)]
    public async Task Client_WhenSignaturesAreChecked_LeadsAStreamThroughItsLife(string? sessionToken, WireFormat format)
    {
        await using var server = await StartAsync(sessionToken);
        using var gateway = Connect(server.Url, sessionToken);
        await gateway.CreateStreamAsync(Stream, 2, default);
        var summary = await WaitForActiveAsync(gateway);
        var byArn = Stream with { Stream = summary.StreamArn, WireFormat = format };
        gateway.CborRefused += (endpoint, error) => Assert.Fail($"{endpoint}: {error.Message}");
        var entries = Gateways.Entries((100, "a", 0), (0, "ключ \"1\"\n", UInt128.MaxValue), (70_000, "c", 7), (1, new string('\\', 256), UInt128.One << 127));
        var reply = await gateway.PutRecordsAsync(byArn, entries, default);
        var ordered = await gateway.PutRecordAsync(Stream with { WireFormat = format }, Gateways.Entry([9], "d", 3), reply.Entries[0].SequenceNumber, default);

        Assert.Equal(["shardId-000000000000", "shardId-000000000001", "shardId-000000000000", "shardId-000000000001"], reply.Entries.Select(e => e.ShardId));
        Assert.Equal("shardId-000000000000", ordered.ShardId);
        Assert.Equal(
            [Text(entries.Span[0]), Text(entries.Span[2]), "d:09"],
            await ReadAsync(gateway, byArn, "shardId-000000000000"));
        Assert.Equal([Text(entries.Span[1]), Text(entries.Span[3])], await ReadAsync(gateway, Stream, "shardId-000000000001"));

        await gateway.SplitShardAsync(Stream, "shardId-000000000000", UInt128.One << 100, default);
        await WaitForActiveAsync(gateway);
        await gateway.MergeShardsAsync(byArn, "shardId-000000000002", "shardId-000000000003", default);
        await WaitForActiveAsync(gateway);
        await gateway.UpdateShardCountAsync(Stream, 4, default);
        await WaitForActiveAsync(gateway);

        var open = await gateway.ListShardsAsync(byArn, default);
        var all = await gateway.ListShardsAsync(Stream, ShardFilter.FromTrimHorizon, default);
        Assert.Equal(4, open.Count);
        Assert.Equal(UInt128.Zero, open.Min(shard => shard.StartingHashKey));
        Assert.Equal("shardId-000000000000", all.Single(shard => shard.ShardId == "shardId-000000000002").ParentShardId);
        Assert.Equal(
            ("shardId-000000000002", "shardId-000000000003"),
            all.Where(shard => shard.AdjacentParentShardId is not null).Select(shard => (shard.ParentShardId, shard.AdjacentParentShardId)).First());
        Assert.Equal(open.Select(shard => shard.ShardId).Order(), all.Where(shard => shard.IsOpen).Select(shard => shard.ShardId).Order());

        server.Kinesis.Delete(Stream.Stream);
        var gone = await Assert.ThrowsAsync<KinesisException>(() => WaitForActiveAsync(gateway));
        Assert.Equal((KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound, 400), (gone.Kind, gone.Code, gone.HttpStatus));
    }

    /// <summary>Such credentials counted as over: those of the program stopped all calls, and for a role STS was called before each.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("arn:aws:iam::123456789012:role/writer")]
    public async Task Client_WhenTheClockIsAheadByTheLifeOfItsCredentials_LearnsTheServersTime(string? role)
    {
        await using var server = await StartAsync("token");
        await server.Kinesis.CreateStreamAsync("events", 1);
        var end = DateTimeOffset.UtcNow.AddHours(1);
        await using var sts = Sts.Giving("AKID", end, "secret/+", "token");
        var asked = 0;
        var options = new KinesisOptions { EndpointUrl = server.Url, Credentials = _ => Give() };
        var environment = Gateways.EnvironmentOf(("AWS_ENDPOINT_URL_STS", sts.Address.AbsoluteUri));
        using var gateway = KinesisClient.Create(options, new ShiftedTime(TimeSpan.FromHours(2)), environment);

        for (var put = 0; put < 3; put++)
            Assert.NotNull(Assert.Single((await gateway.PutOneAsync(Gateways.Stream(role: role))).Entries).SequenceNumber);

        Assert.Equal((1, role is null ? 0 : 1), (asked, sts.Requests.Count));

        ValueTask<KinesisCredentials> Give()
        {
            asked++;
            return new(new KinesisCredentials("AKID", "secret/+", "token", end));
        }
    }

    [Theory]
    [InlineData(WireFormat.Json)]
    [InlineData(WireFormat.Cbor)]
    public async Task Client_WhenOverTls_SendsLargeBodiesWhole(WireFormat format)
    {
        await using var server = await StartAsync(null, tlsPort: 0);
        await server.Kinesis.CreateStreamAsync("events", 1);
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, server.Certificate!.ExportCertificatePem());
        using var gateway = Connect(server.TlsUrl!, null, file);
        var entries = Gateways.Entries((900_000, "a", 1), (900_000, "b", 2), (900_000, "c", 3));

        var reply = await gateway.PutRecordsAsync(Stream with { WireFormat = format }, entries, default);

        Assert.All(reply.Entries, entry => Assert.Null(entry.ErrorCode));
        Assert.Equal(entries.ToArray().Select(Text), server.Kinesis.GetApplied("events").Select(r => $"{r.PartitionKey}:{Convert.ToHexString(r.Data)}"));
        File.Delete(file);
    }

    private static Task<LocalKinesisServer> StartAsync(string? sessionToken, int? tlsPort = null) => LocalKinesisServer.StartAsync(new LocalKinesisOptions
    {
        Port = 0,
        TlsPort = tlsPort,
        CheckSignatures = new SigningKey("AKID", "secret/+") { SessionToken = sessionToken },
        LimitModel = LimitModel.None,
        EnforceReadLimits = false,
    });

    private static KinesisClient Connect(Uri endpoint, string? sessionToken, string? authorities = null) => Gateways.To(endpoint, o =>
        (o.AccessKeyId, o.SecretAccessKey, o.SessionToken, o.CaCertFile) = ("AKID", "secret/+", sessionToken, authorities));

    /// <summary>Asks until the stream is ACTIVE; each answer takes its time on the wire.</summary>
    private static async Task<StreamSummary> WaitForActiveAsync(KinesisClient gateway)
    {
        while (true)
        {
            var summary = await gateway.DescribeStreamSummaryAsync(Stream, TestContext.Current.CancellationToken);
            if (summary.Status == "ACTIVE")
                return summary;
        }
    }

    private static async Task<List<string>> ReadAsync(KinesisClient client, StreamTarget stream, string shardId)
    {
        var iterator = await client.GetShardIteratorAsync(stream, shardId, ShardPosition.TrimHorizon, default);
        var texts = new List<string>();
        while (true)
        {
            using var page = await client.GetRecordsAsync(stream, iterator, 2, default);
            texts.AddRange(page.Records.Select(record => $"{record.PartitionKey}:{Convert.ToHexString(record.Data.Span)}"));
            if (page.MillisBehindLatest == 0)
                return texts;
            iterator = page.NextShardIterator!;
        }
    }

    private static string Text(PutRecordsEntry entry) => $"{Encoding.UTF8.GetString(entry.PartitionKey.Span)}:{Convert.ToHexString(entry.Data.Span)}";

    private sealed class ShiftedTime(TimeSpan shift) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + shift;
    }
}
