using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Hashing;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Aws.Tests.Hashing;

/// <summary>Calls whose bodies were hashed in lanes, against an endpoint that checks each signature over the body it received.</summary>
public sealed class LaneSignatureTests
{
    private const int Calls = 5;

    private static readonly SigningKey Key = new("AKID", "secret/+");

    private readonly Queue<IThreadPoolWorkItem> _queued = [];

    [Theory]
    [InlineData(WireFormat.Json)]
    [InlineData(WireFormat.Cbor)]
    public async Task Put_WhenBodiesWereHashedInLanes_IsTaken(WireFormat format)
    {
        Assert.SkipUnless(Sha256Kernel.IsSupported, "this processor has no lanes");
        var passes = new List<int>();
        var hasher = new BodyHasher(() => 2, bodies =>
        {
            passes.Add(bodies.Count);
            Sha256Lanes.Hash(bodies);
        }, static () => true, _queued.Enqueue);
        await using var server = await LocalKinesisServer.StartAsync(
            new LocalKinesisOptions { Port = 0, CheckSignatures = Key, LimitModel = LimitModel.None });
        using var gateway = Clients.HashingWith(hasher, server.Url, Key.AccessKeyId, Key.SecretAccessKey);
        await server.Kinesis.CreateStreamAsync("events", 2);
        var stream = Gateways.Stream() with { WireFormat = format };

        // The first long body has the hasher ask whether lanes are worth it.
        await gateway.PutRecordsAsync(stream, Gateways.Entries((400_000, "a", 0)), default);
        _queued.Dequeue().Execute();

        var puts = Enumerable.Range(0, Calls)
            .Select(i => gateway.PutRecordsAsync(stream, Gateways.Entries((100_000 * i, "a", 0), (10, "b", 7)), default).AsTask()).ToArray();
        _queued.Dequeue().Execute();
        var replies = await Task.WhenAll(puts).WaitAsync(Waiting.Long);

        Assert.All(replies, reply => Assert.All(reply.Entries, entry => Assert.Null(entry.ErrorCode)));
        Assert.Equal([Calls], passes);
        Assert.Equal(1 + (2 * Calls), server.Kinesis.GetApplied("events").Count());
    }
}
