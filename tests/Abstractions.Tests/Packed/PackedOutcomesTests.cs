using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Packed;

namespace Orleans.Kpl.Abstractions.Tests.Packed;

public sealed class PackedOutcomesTests
{
    private static readonly DateTimeOffset Noon = new(638_000_000_000_000_000, TimeSpan.Zero);

    /// <summary>Written by hand after the format's description; it must never change.</summary>
    private static readonly byte[] Golden =
    [
        1, 2,
        1, 3, (byte)'s', (byte)'1', 4, (byte)'4', (byte)'9', (byte)'5', 0, 0, // delivered, s1, 495
        1, 0x00, 0x00, 0xB3, 0xA6, 0x9E, 0xA1, 0xDA, 0x08, 0xC0, 0x9A, 0x0C, 0, 0, // one try of 10 ms = zigzag 200,000
        3, 10, 0, 2, 1, 3, 0x80, 0x01, // 5/0, 6/1, 4/128
        4, 0, 0, 2, (byte)'E', 3, 0xC3, 0xA9, 0, // failed, E, é, no try
        1, 0xE0, 0x01, 0, // 4 + 112 = 116
    ];

    private static PackedOutcome[] GoldenOutcomes()
    {
        Attempt[] tries = [new() { StartedAt = Noon, EndedAt = Noon.AddMilliseconds(10) }];
        var end = new SharedOutcome { Status = RecordStatus.Delivered, ShardId = "s1", SequenceNumber = "495", Attempts = tries };
        return
        [
            new(5, new RecordResult(end)),
            new(6, new RecordResult(end, 1)),
            new(4, new RecordResult(end, 128)),
            new(116, RecordResult.NotDelivered(RecordStatus.Failed, "E", "é", new UserRecord("k", default))),
        ];
    }

    [Fact]
    public void ToArray_OfKnownOutcomes_IsTheGoldenMessage() => Assert.Equal(Golden, Pack(GoldenOutcomes()));

    [Fact]
    public void Parse_OfTheGoldenMessage_GivesItsOutcomes() => AssertAlike(GoldenOutcomes(), Unpack(Golden));

    [Fact]
    public void Parse_WhenAnyOutcomesWerePacked_GivesThemBack() =>
        Prop.ForAll<int>(seed =>
        {
            var outcomes = RandomOutcomes(new Random(seed));
            AssertAlike(outcomes, Unpack(Pack(outcomes)));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Parse_WhenMembersShareTheirEnd_GivesThemOneEnd()
    {
        var read = Unpack(Golden);

        Assert.Same(read[0].Result.Outcome, read[1].Result.Outcome);
        Assert.Same(read[0].Result.Attempts, read[2].Result.Attempts);
        Assert.NotSame(read[2].Result.Outcome, read[3].Result.Outcome);
    }

    [Fact]
    public void TryAdd_WhenFailuresShareTheirReason_SaysItOnce()
    {
        Attempt[] tries = [new() { StartedAt = Noon, EndedAt = Noon, ErrorCode = "Expired", ErrorMessage = new string('m', 500) }];
        var writer = new PackedOutcomesWriter();
        for (var i = 0; i < 1_000; i++)
        {
            var record = new UserRecord($"key-{i}", default);
            Assert.True(writer.TryAdd(i, RecordResult.NotDelivered(RecordStatus.Failed, "Expired", new string('m', 500), record, tries)));
        }

        Assert.InRange(writer.ToArray().Length, 2_000, 3_500);
    }

    [Fact]
    public void TryAdd_WhenTheLimitIsReached_IsRefusedAndLeavesNoTrace()
    {
        var outcomes = RandomOutcomes(new Random(3), 2_000);
        var writer = new PackedOutcomesWriter(4_096);
        List<PackedOutcome> read = [];
        List<int> sizes = [];
        foreach (var outcome in outcomes)
        {
            if (!writer.TryAdd(outcome.Index, outcome.Result))
            {
                Close();
                Assert.True(writer.TryAdd(outcome.Index, outcome.Result));
            }
        }

        Close();
        Assert.True(sizes.Count > 3);
        Assert.All(sizes, s => Assert.InRange(s, 1, 4_096));
        AssertAlike(outcomes, [.. read]);

        void Close()
        {
            var size = writer.Bytes;
            var message = writer.ToArray();
            Assert.Equal(size, message.Length);
            sizes.Add(size);
            read.AddRange(Unpack(message));
            writer.Reset();
        }
    }

    [Fact]
    public void TryAdd_WhenOneOutcomeIsLarger_TakesItAlone()
    {
        var writer = new PackedOutcomesWriter(100);
        var large = RecordResult.NotDelivered(RecordStatus.Unknown, "OwnerLost", new string('m', 1_000), null);

        Assert.True(writer.TryAdd(7, large));
        Assert.False(writer.TryAdd(8, large));

        Assert.Equal([7L], Unpack(writer.ToArray()).Select(o => o.Index));
    }

    [Fact]
    public void TryAdd_AfterToArray_GoesOn()
    {
        var writer = new PackedOutcomesWriter();
        var result = RecordResult.Acknowledged(RecordStatus.Accepted);
        Assert.True(writer.TryAdd(1, result));
        Assert.Equal([1L], Unpack(writer.ToArray()).Select(o => o.Index));
        Assert.True(writer.TryAdd(2, result));

        Assert.Equal([1L, 2L], Unpack(writer.ToArray()).Select(o => o.Index));
    }

    [Fact]
    public void Parse_WhenTruncatedOrFollowedByMore_Throws()
    {
        for (var length = 0; length < Golden.Length; length++)
            Assert.Throws<PackedFormatException>(() => PackedOutcomes.Parse(Golden.AsMemory(0, length)));
        Assert.Throws<PackedFormatException>(() => PackedOutcomes.Parse((byte[])[.. Golden, 0]));
    }

    [Theory]
    [InlineData(new byte[] { 9, 0 }, "format 9")]
    [InlineData(new byte[] { 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0 }, "status 0")]
    [InlineData(new byte[] { 1, 1, 6, 0, 0, 0, 0, 0, 1, 0, 0 }, "status 6")]
    [InlineData(new byte[] { 1, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0 }, "empty")]
    [InlineData(new byte[] { 1, 1, 3, 0, 0, 0, 0, 0, 1, 1, 0 }, "place")]
    [InlineData(new byte[] { 1, 1, 3, 2, 0xFF, 0, 0, 0, 0, 1, 0, 0 }, "UTF-8")]
    [InlineData(new byte[] { 1, 1, 3, 0, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0, 1, 0, 0 }, "time of a try")]
    [InlineData(new byte[] { 1, 1, 3, 0, 0, 0, 0, 0, 1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01 }, "sub-sequence")]
    public void Parse_WhenRubbish_SaysWhy(byte[] bytes, string reason) =>
        Assert.Contains(reason, Assert.Throws<PackedFormatException>(() => PackedOutcomes.Parse(bytes)).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_WhenBytesAreFlipped_ThrowsNothingElse() =>
        Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var bytes = Pack(RandomOutcomes(random));
            for (var flips = random.Next(1, 5); flips > 0; flips--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                return PackedOutcomes.Parse(bytes).Count == Unpack(bytes).Length;
            }
            catch (PackedFormatException)
            {
                return true;
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void WithRecord_WhenItFailed_AddsTheRecord()
    {
        var record = new UserRecord("k", "v"u8.ToArray());
        var read = Unpack(Golden);

        var failed = read[3].Result.WithRecord(record);
        Assert.Equal("k", failed.Record!.Value.PartitionKey);
        Assert.Equal(("E", "é", RecordStatus.Failed), (failed.ErrorCode, failed.ErrorMessage, failed.Status));
        Assert.Same(read[0].Result.Outcome, read[0].Result.WithRecord(record).Outcome);
    }

    private static PackedOutcome[] RandomOutcomes(Random random, int count = 100)
    {
        var outcomes = new List<PackedOutcome>();
        while (outcomes.Count < count)
        {
            var end = RandomEnd(random);
            var first = random.NextInt64(random.Next(3) == 0 ? long.MaxValue : 1_000);
            var members = random.Next(1, 30);
            for (var i = 0; i < members; i++)
            {
                var index = random.Next(5) == 0 ? random.NextInt64(long.MaxValue) : Math.Max(0, first - i);
                outcomes.Add(new(index, new RecordResult(end, random.Next(9) == 0 ? random.Next() : i)));
            }
        }

        return [.. outcomes];
    }

    private static SharedOutcome RandomEnd(Random random) => new()
    {
        Status = (RecordStatus)random.Next(1, 6),
        ShardId = Text(random),
        SequenceNumber = Text(random),
        ErrorCode = Text(random),
        ErrorMessage = Text(random),
        Attempts = [.. Enumerable.Range(0, random.Next(4))
            .Select(_ => new Attempt { StartedAt = Noon, EndedAt = Noon.AddTicks(random.Next(-5, 1 << 30)), ErrorCode = Text(random),
            ErrorMessage = Text(random) })],
    };

    private static string? Text(Random random) => random.Next(4) switch
    {
        0 => null,
        1 => "",
        2 => $"shardId-{random.Next(20):d12}",
        _ => new string('é', random.Next(100)),
    };

    private static void AssertAlike(PackedOutcome[] expected, PackedOutcome[] actual)
    {
        Assert.Equal(expected.Select(o => o.Index), actual.Select(o => o.Index));
        foreach (var (one, other) in expected.Zip(actual, (a, b) => (a.Result, b.Result)))
        {
            Assert.Equal(
                (one.Status, one.ShardId, one.SequenceNumber, one.SubSequenceNumber, one.ErrorCode, one.ErrorMessage),
                (other.Status, other.ShardId, other.SequenceNumber, other.SubSequenceNumber, other.ErrorCode, other.ErrorMessage));
            Assert.Equal(one.Attempts, other.Attempts);
            Assert.Null(other.Record);
        }
    }

    private static byte[] Pack(PackedOutcome[] outcomes)
    {
        var writer = new PackedOutcomesWriter(int.MaxValue);
        foreach (var outcome in outcomes)
            Assert.True(writer.TryAdd(outcome.Index, outcome.Result));
        Assert.Equal(outcomes.Length, writer.Count);
        return writer.ToArray();
    }

    private static PackedOutcome[] Unpack(byte[] packed)
    {
        var read = new List<PackedOutcome>();
        foreach (var outcome in PackedOutcomes.Parse(packed))
            read.Add(outcome);
        return [.. read];
    }
}
