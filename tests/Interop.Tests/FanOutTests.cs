using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Interop.Tests;

/// <summary>Consumers by others read from the local endpoint by enhanced fan-out, as they come.</summary>
public sealed class FanOutTests
{
    private const string Stream = "events";

    public static TheoryData<string, bool> Clients => new()
    {
        { "fan-out.mjs", false },
        { "fan-out.mjs", true },
        { "boto3_fan_out.py", false },
        { "boto3_fan_out.py", true },
    };

    /// <summary>Aggregates, single records and records from before, between and after two reshards, all by one producer.</summary>
    [Theory]
    [MemberData(nameof(Clients))]
    public async Task AwssClients_SubscribedAcrossReshards_GetEachRecordOnceInItsShardsOrder(string script, bool tls)
    {
        await NeedAsync(script);
        using var folder = new TemporaryFolder();
        var pem = Path.Combine(folder.Path, "tls.pem");
        await using var server = await LocalKinesisServer.StartAsync(new() { Port = 0, TlsPort = 0, TlsCertificateFile = pem });
        await server.Kinesis.CreateStreamAsync(Stream, 2);
        await using var producer = StandInProducer.Create(server.Url.ToString());
        var put = new List<Line>();
        await PutAsync(producer, put, seed: 1);
        server.Kinesis.Split(Stream, "shardId-000000000000", UInt128.MaxValue / 4);
        await PutAsync(producer, put, seed: 2);
        await UntilActiveAsync(server);
        server.Kinesis.Merge(Stream, "shardId-000000000003", "shardId-000000000001");
        await PutAsync(producer, put, seed: 3);
        await UntilActiveAsync(server);
        await PutAsync(producer, put, seed: 4);

        var applied = server.Kinesis.GetApplied(Stream).ToList();
        var read = await ReadAsync(script, tls ? server.TlsUrl! : server.Url, pem, applied.Count);

        Assert.True(applied.Select(record => record.ShardId).Distinct().Count() >= 4);
        foreach (var shard in applied.GroupBy(record => record.ShardId))
            Assert.Equal(shard.Select(r => r.SequenceNumber), read.Where(r => r.ShardId == shard.Key).Select(r => r.SequenceNumber!));
        // An aggregate that a reshard took to a shard where not all of its members belong is there, and the producer puts them again.
        var visible = KclFilter.Visible(await SplitAsync(read), put, server.Kinesis.Get(Stream).Shards);
        Assert.Equal(SampleRecords.Places(put), SampleRecords.Places(visible));
    }

    /// <summary>The subscription is there before the shard ends under it.</summary>
    [Theory]
    [MemberData(nameof(Clients))]
    public async Task AwssClients_WhileTheyAreSubscribed_GetWhatComesAndFollowAReshard(string script, bool tls)
    {
        await NeedAsync(script);
        using var folder = new TemporaryFolder();
        var pem = Path.Combine(folder.Path, "tls.pem");
        await using var server = await LocalKinesisServer.StartAsync(new() { Port = 0, TlsPort = 0, TlsCertificateFile = pem });
        await server.Kinesis.CreateStreamAsync(Stream, 1);
        await using var producer = StandInProducer.Create(server.Url.ToString());
        var reading = ReadAsync(script, tls ? server.TlsUrl! : server.Url, pem, 30);
        await Waiting.UntilAsync(() => server.Kinesis.Get(Stream).ConsumerCount == 1 || reading.IsCompleted);
        for (var i = 0; i < 30; i++)
        {
            if (i is 10 or 20)
                server.Kinesis.UpdateShardCount(Stream, i / 5);
            var record = new UserRecord($"{i}", "data"u8.ToArray());
            var result = await producer.PutAsync(Stream, record, cancellationToken: TestContext.Current.CancellationToken);
            Assert.True(result.IsSuccess, result.ToString());
            await UntilActiveAsync(server);
        }

        var read = await reading;
        Assert.Equal(
            server.Kinesis.GetApplied(Stream).Select(record => record.SequenceNumber).Order(StringComparer.Ordinal),
            read.Select(r => r.SequenceNumber!).Order(StringComparer.Ordinal));
    }

    private static async Task NeedAsync(string script)
    {
        // AWS's own library takes the aggregates apart.
        Needs.NodePackages();
        if (script.EndsWith(".py", StringComparison.Ordinal)) await Needs.Boto3Async();
    }

    private static async Task PutAsync(KplProducer producer, List<Line> put, int seed)
    {
        // What is alike could not be told apart by a decoder that tells no hash keys.
        var known = SampleRecords.Contents(put).ToHashSet(StringComparer.Ordinal);
        var records = SampleRecords.Make(300, seed).Where(record => known.Add(SampleRecords.Contents([record]).Single())).ToList();
        var results = await producer.PutAsync(Stream, StandInProducer.ToUserRecords(records), cancellationToken: TestContext.Current.CancellationToken);
        put.AddRange(StandInProducer.Told(records, results));
    }

    private static Task UntilActiveAsync(LocalKinesisServer server) =>
        Waiting.UntilAsync(() => server.Kinesis.Get(Stream).Status == LocalKinesis.StreamStatus.Active);

    /// <summary>Runs the client until it has so many Kinesis records. It trusts the endpoint's certificate and no other.</summary>
    private static async Task<IReadOnlyList<Line>> ReadAsync(string script, Uri url, string pem, int count)
    {
        var isNode = script.EndsWith(".mjs", StringComparison.Ordinal);
        var outcome = await Command.RunAsync(
            isNode ? "node" : "python3", [Path.Combine(Needs.StandIns, script), url.ToString(), Stream, $"{count}"],
            environment: new Dictionary<string, string> { ["NODE_EXTRA_CA_CERTS"] = pem, ["AWS_CA_BUNDLE"] = pem });
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        if (isNode) Assert.Contains("protocol h2", outcome.Error, StringComparison.Ordinal);
        return Line.Read(outcome.Output);
    }

    private static Task<IReadOnlyList<Line>> SplitAsync(IReadOnlyList<Line> read) => Command.ScriptAsync("aggregates.mjs", ["split"], read);
}
