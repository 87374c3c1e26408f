using System.Diagnostics;
using System.Formats.Cbor;
using System.Text;
using Orleans.Kpl.Aws.Operations;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Tests.Wire.Cbor;

/// <summary>Answers in CBOR, well made and not.</summary>
public sealed class PutRecordsReplyTests
{
    private readonly PutRecords _operations = new();

    [Fact]
    public void Read_WhateverTheFormOfAnAnswer_FindsWhatItSays()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var entries = Enumerable.Range(0, random.Next(40)).Select(_ => CborAnswers.AnyEntry(random)).ToList();

            Assert.Equal(entries, _operations.ReadReply.Read(new CborAnswers(random).PutRecords(entries)).Entries);

            var one = CborAnswers.AnyEntry(random);
            Assert.Equal(one, _operations.ReadSingle.Read(new CborAnswers(random).PutRecord(one)));
        }
    }

    [Fact]
    public void Read_WhenItIsInJsonAllTheSame_ReadsJson() => Assert.Equal(
        new PutRecordsReplyEntry("shardId-000000000000", "49", null, null),
        Assert.Single(_operations.ReadReply.Read(Encoding.UTF8.GetBytes(Serving.Gateways.Ok)).Entries));

    [Fact]
    public void Read_OfAMemberThatIsUndefined_IsAsOfNull()
    {
        var writer = new CborWriter();
        writer.WriteStartMap(1);
        writer.WriteTextString("Records");
        writer.WriteStartArray(1);
        writer.WriteStartMap(3);
        writer.WriteTextString("ShardId");
        writer.WriteTextString("shardId-000000000000");
        writer.WriteTextString("SequenceNumber");
        writer.WriteTextString("49");
        writer.WriteTextString("ErrorCode");
        writer.WriteSimpleValue(CborSimpleValue.Undefined);
        writer.WriteEndMap();
        writer.WriteEndArray();
        writer.WriteEndMap();

        Assert.Equal(
            new PutRecordsReplyEntry("shardId-000000000000", "49", null, null), Assert.Single(_operations.ReadReply.Read(writer.Encode()).Entries));
    }

    [Fact]
    public void Read_WhenShardIdsComeAgain_GivesTheSameString()
    {
        var entries = Enumerable.Repeat(new PutRecordsReplyEntry("shardId-000000000003", "1", null, null), 20).ToList();
        var read = _operations.ReadReply.Read(new CborAnswers(new Random(1)).PutRecords(entries)).Entries;
        Assert.Contains(read.Skip(1), e => ReferenceEquals(e.ShardId, read[0].ShardId));
    }

    public static TheoryData<string, string> Malformed => new()
    {
        { "A0", "no Records" },
        { "A1", "cut off before a name" },
        { "A1675265636F726473", "cut off before a value" },
        { "BF675265636F72647380", "no break" },
        { "A1675265636F72647381A1", "cut off in an entry" },
        { "A1675265636F7264738101", "an entry that is a number" },
        { "A1675265636F72647301", "Records that are a number" },
        { "A1675265636F7264739B7FFFFFFFFFFFFFFF", "an array of 2^63 entries that are not there" },
        { "BBFFFFFFFFFFFFFFFF675265636F72647380", "a map of 2^64 members that are not there" },
        { "A1675265636F72647381A267536861726449646161FF", "a break in a map of two members" },
        { "A1675265636F72647381A1675368617264496407", "a shard id that is a number" },
        { "A1675265636F72647381A16753686172644964440102", "a byte string for a shard id, cut off" },
        { "A1675265636F72647381A167536861726449647B7FFFFFFFFFFFFFFF61", "text of 2^63 bytes" },
        { "A1675265636F72647381A167536861726449647F01FF", "a chunk that is a number" },
        { "A1675265636F72647381A167536861726449647F7F6161FFFF", "a chunk of indefinite length" },
        { "A1675265636F72647381A16E53657175656E63654E756D62657262C328", "a sequence number that is no UTF-8" },
        { "A2675265636F726473806158FC", "a simple value that CBOR reserves" },
        { "A2675265636F726473806158FF", "a break for a value" },
        { "A2675265636F72647380615818", "a number without its byte" },
        { "A2675265636F726473806158F97E", "half of a half" },
        { "C1C1C1", "tags of nothing" },
        { "C1675265636F726473", "a tag of text" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Read_WhenItIsMalformed_IsAFormatError(string hex, string what) => Assert.True(Fails(Convert.FromHexString(hex)), what);

    [Theory]
    [InlineData(0x81)]
    [InlineData(0x9F)]
    [InlineData(0xA1)]
    [InlineData(0xBF)]
    [InlineData(0xC1)]
    [InlineData(0x7F)]
    public void Read_WhenItIsNestedWithoutEnd_IsAFormatErrorInNoTime(int head)
    {
        // {"x": [[[[… : a reader that calls itself for each would run out of stack, one that looks again out of time.
        byte[] deep = [0xA1, 0x61, (byte)'x', .. Enumerable.Repeat((byte)head, 4_000_000)];
        Assert.True(Fails(deep));
        byte[] asName = [0xA1, .. Enumerable.Repeat((byte)head, 4_000_000)];
        Assert.True(Fails(asName));
    }

    [Theory]
    [InlineData(14, false)]
    [InlineData(20, true)]
    public void Read_WhenUnknownMembersAreNested_PassesOverThemUpToALimit(int depth, bool fails)
    {
        byte[] nested = [0xA2, 0x61, (byte)'x', .. Enumerable.Repeat((byte)0x81, depth), 0xF6, 0x67, .. "Records"u8, 0x80];
        Assert.Equal(fails, Fails(nested));
    }

    /// <summary>Cut anywhere, with bytes changed, or made of nothing but chance: an answer or a format error, never anything else.</summary>
    [Fact]
    public void Read_WhateverTheInput_ReadsItOrSaysThatItCannot()
    {
        var clock = Stopwatch.StartNew();
        var (read, failed) = (0, 0);
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var good = new CborAnswers(random).PutRecords([CborAnswers.AnyEntry(random), CborAnswers.AnyEntry(random)]);
            Assert.True(Fails(good[..random.Next(good.Length)]));
            for (var i = 0; i < 200; i++)
            {
                var bad = i % 4 == 0 ? new byte[random.Next(60)] : (byte[])good.Clone();
                if (i % 4 == 0)
                    random.NextBytes(bad);
                for (var changes = random.Next(1, 4); changes > 0 && bad.Length > 0; changes--)
                    bad[random.Next(Math.Min(bad.Length, 300))] = (byte)random.Next(256);
                if (Fails(bad))
                    failed++;
                else
                    read++;
            }
        }

        Assert.True(read > 1_000 && failed > 1_000, $"{read} read, {failed} failed in {clock.Elapsed}");
    }

    /// <summary>Whether reading fails in the way that a call turns into its own failure; another exception ends the test.</summary>
    private bool Fails(byte[] answer)
    {
        try
        {
            _operations.ReadReply.Read(answer);
            return false;
        }
        catch (Exception e) when (
            e is CborContentException or OverflowException or ArgumentException or System.Text.Json.JsonException or InvalidOperationException)
        {
            return true;
        }
    }
}
