using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Hashing;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Aws.Tests.Hashing;

/// <summary>Calls whose bodies were hashed in lanes, against an endpoint that checks each signature over the body it received.</summary>
public sealed class LaneSignatureTests
{
    private const int Calls = 5;

    private static readonly SigningKey Key = new("AKID", "secret/+");

    private readonly Queue<IThreadPoolWorkItem> _queued = [];

    [Theory]
    [InlineData(WireFormat.Json, false)]
    [InlineData(WireFormat.Cbor, false)]
    [InlineData(WireFormat.Json, true)]
    [InlineData(WireFormat.Cbor, true)]
    public async Task Put_WhenBodiesWereHashedInLanes_IsTakenAndAWrongHashIsCorrectedAndTold(WireFormat format, bool isWrong)
    {
        Assert.SkipUnless(Sha256Lanes.Fastest is not null, "this processor has no lanes");
        var passes = new List<int>();
        var hasher = new BodyHasher(() => 2, bodies =>
        {
            passes.Add(bodies.Count);
            Sha256Lanes.Hash(Sha256Lanes.Fastest.Value, isWrong ? [.. bodies.Select(body => new WrongMessage(body))] : bodies);
        }, _queued.Enqueue);
        await using var server = await LocalKinesisServer.StartAsync(
            new LocalKinesisOptions { Port = 0, CheckSignatures = Key, LimitModel = LimitModel.None });
        using var gateway = Clients.HashingWith(hasher, server.Url, Key.AccessKeyId, Key.SecretAccessKey);
        var told = 0;
        gateway.Client.HashRefused += (_, error) =>
        {
            Assert.Equal("InvalidSignatureException", error.Code);
            Interlocked.Increment(ref told);
        };
        await server.Kinesis.CreateStreamAsync("events", 2);
        var stream = Gateways.Stream() with { WireFormat = format };

        // The first long body has the hasher ask whether lanes are worth it.
        await gateway.PutRecordsAsync(stream, Entries(2), default);
        _queued.Dequeue().Execute();

        hasher.Line.Join();
        var puts = Enumerable.Range(0, Calls).Select(i => gateway.PutRecordsAsync(stream, Entries(i), default).AsTask()).ToArray();
        _queued.Dequeue().Execute();
        var replies = await Task.WhenAll(puts).WaitAsync(Waiting.Long);
        var later = gateway.PutRecordsAsync(stream, Entries(Calls), default).AsTask();
        Assert.Equal(!isWrong, _queued.TryDequeue(out var hashing));
        hashing?.Execute();

        Assert.All(replies.Append(await later.WaitAsync(Waiting.Long)), reply => Assert.All(reply.Entries, entry => Assert.Null(entry.ErrorCode)));
        Assert.Equal([Calls], passes);
        Assert.Equal(isWrong ? Calls : 0, told);
        Assert.Equal(2 * (Calls + 2), server.Kinesis.GetApplied("events").Count());
    }

    private static ReadOnlyMemory<PutRecordsEntry> Entries(int i) => Gateways.Entries((200_000 * i, "a", 0), (10, "b", 7));

    /// <summary>Has the digest of another message.</summary>
    private sealed class WrongMessage(ILaneMessage message) : ILaneMessage
    {
        public byte[] Buffer => message.Buffer;

        public bool IsAtEnd => message.IsAtEnd;

        public int Fill(int kept) => message.Fill(kept);

        public void Complete(ReadOnlySpan<byte> digest, long length)
        {
            var wrong = digest.ToArray();
            wrong[^1] ^= 1;
            message.Complete(wrong, length);
        }
    }
}
