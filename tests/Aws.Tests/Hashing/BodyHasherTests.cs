using System.Security.Cryptography;
using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Hashing;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Aws.Tests.Wire;

namespace Orleans.Kpl.Aws.Tests.Hashing;

/// <remarks>Tests <see cref="PutRecordsBody"/>.</remarks>
public class BodyHasherTests
{
    private static readonly StreamRoute Route = new("events", null);

    private readonly List<int> _passes = [];
    private readonly Queue<IThreadPoolWorkItem> _queued = [];
    private bool _isFollowed;

    [Fact]
    public async Task Hash_WhenNoCallWaitsForAThread_IsThePlatformsAtOnce()
    {
        var hasher = Make(least: 2);
        using var body = Body(1);

        var hashed = hasher.HashAsync(body);

        Assert.True(hashed.IsCompletedSuccessfully);
        Assert.Empty(_passes);
        Assert.Equal(SHA256.HashData(await body.WrittenAsync()), body.Hash.ToArray());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(24)]
    public async Task Hash_WhenOthersFollow_IsThatOfLanes(int count)
    {
        Assert.SkipUnless(Sha256Kernel.IsSupported, "this processor has no lanes");
        var hasher = Make(least: 2);
        var bodies = Enumerable.Range(0, count).Select(Body).ToArray();

        await LeaveTogether(hasher, bodies);

        Assert.Equal(count, _passes.Sum());
        Assert.All(_passes, pass => Assert.Equal(Math.Min(count, Sha256Kernel.Lanes), pass));
        foreach (var body in bodies)
        {
            var written = await body.WrittenAsync();
            Assert.Equal((written.Length, Convert.ToHexString(SHA256.HashData(written))), ((int)body.Length, Convert.ToHexString(body.Hash)));
            Assert.Equal(written, await body.WrittenAsync());
            body.Dispose();
        }
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(3, 4)]
    public async Task Hash_WhenFewerAreLeftThanLanesAreWorth_IsThePlatforms(int count, int least)
    {
        var hasher = Make(least);
        var bodies = Enumerable.Range(0, count).Select(Body).ToArray();

        await LeaveTogether(hasher, bodies);

        Assert.Empty(_passes);
        foreach (var body in bodies)
        {
            Assert.Equal(SHA256.HashData(await body.WrittenAsync()), body.Hash.ToArray());
            body.Dispose();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Hash_BeforeABodyWasLong_OrWhereLanesAreNeverWorthIt_IsNeverLeft(bool isAsked)
    {
        var hasher = new BodyHasher(() => isAsked ? LaneWorth.Never : 2, _ => Assert.Fail("nothing is left"), () => _isFollowed, _queued.Enqueue);
        if (isAsked)
            Asked(hasher);
        _isFollowed = true;
        using var body = Body(1);

        Assert.True(hasher.HashAsync(body).IsCompletedSuccessfully);
        Assert.Empty(_queued);
        Assert.Equal(1, hasher.PartsOf(5 << 20, 24));
    }

    /// <summary>Parts take no more than half of the calls that may begin, and are no smaller than 128 KiB.</summary>
    [Theory]
    [InlineData(5 << 20, 3, 1)]
    [InlineData(5 << 20, 10, 5)]
    [InlineData(5 << 20, 24, 8)]
    [InlineData((1 << 20) - 1, 24, 1)]
    public void PartsOf_WhereLanesAreWorthIt_LeavesCallsToOthers(long bytes, int mayBegin, int parts)
    {
        Assert.SkipUnless(Sha256Kernel.IsSupported, "this processor has no lanes");

        Assert.Equal(Math.Min(parts, Sha256Kernel.Lanes), Make(least: 2).PartsOf(bytes, mayBegin));
    }

    [Fact]
    public async Task Hash_WhenLanesFail_FailsEachCallThatWaited()
    {
        var hasher = Asked(new BodyHasher(() => 2, _ => throw new InvalidOperationException("a defect"), () => _isFollowed, _queued.Enqueue));
        _isFollowed = true;
        PutRecordsBody[] bodies = [Body(1), Body(2)];

        var hashed = bodies.Select(body => hasher.HashAsync(body).AsTask()).ToArray();
        _queued.Dequeue().Execute();

        foreach (var one in hashed)
            Assert.Equal("a defect", (await Assert.ThrowsAsync<InvalidOperationException>(() => one.WaitAsync(Waiting.Long))).Message);
        Array.ForEach(bodies, body => body.Dispose());
    }

    [Fact]
    public async Task Hash_OfABodyInPieces_IsThePlatformsAtOnce()
    {
        var hasher = Make(least: 2);
        _isFollowed = true;
        foreach (var i in (int[])[0, 1])
        {
            using var body = BodyOf(i, piece: 4_096);
            Assert.True(hasher.HashAsync(body).IsCompletedSuccessfully);
            Assert.Equal(SHA256.HashData(await body.WrittenAsync()), body.Hash.ToArray());
        }

        Assert.Empty(_queued);
    }

    private BodyHasher Make(int least) => Asked(new BodyHasher(() => least, bodies =>
    {
        _passes.Add(bodies.Count);
        Sha256Lanes.Hash(bodies);
    }, () => _isFollowed, _queued.Enqueue));

    /// <summary>Has a hasher learn from how many bodies lanes are worth it: a long body makes it ask.</summary>
    private BodyHasher Asked(BodyHasher hasher)
    {
        using var body = new PutRecordsBody(Gateways.Entries((300_000, "long", 0)), Route, WireFormat.Json);
        Assert.True(hasher.HashAsync(body).IsCompletedSuccessfully);
        _queued.Dequeue().Execute();
        return hasher;
    }

    /// <summary>Leaves bodies while a call is in the line, and has them hashed when all are left.</summary>
    private async Task LeaveTogether(BodyHasher hasher, PutRecordsBody[] bodies)
    {
        _isFollowed = true;
        var hashed = bodies.Select(body => hasher.HashAsync(body).AsTask()).ToArray();
        _isFollowed = false;
        Assert.Single(_queued);
        while (_queued.TryDequeue(out var hashing))
            hashing.Execute();
        await Task.WhenAll(hashed).WaitAsync(Waiting.Long);
    }

    /// <summary>JSON and CBOR, in one piece.</summary>
    private static PutRecordsBody Body(int i) => BodyOf(i, PutRecordsBody.DefaultPiece);

    private static PutRecordsBody BodyOf(int i, int piece)
    {
        var entries = Gateways.Entries([.. Enumerable.Range(0, 20 + i).Select(n => ((n * 331) + i, $"key \"{n}\"", (UInt128)n << 100))]);
        return new PutRecordsBody(entries, Route, i % 2 == 0 ? WireFormat.Json : WireFormat.Cbor, piece);
    }
}
