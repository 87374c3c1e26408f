using System.Security.Cryptography;
using System.Text;

namespace Orleans.Kpl.Deaggregation.Tests;

/// <summary>Many Kinesis records at once give what each gives by itself.</summary>
/// <remarks>Tests <see cref="DeaggregatedRecords"/>, <see cref="PlainMessage"/>, <see cref="MemberTables"/>.</remarks>
public class ReadAllTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(500)]
    public void ReadAll_AggregatesPlainDataAndDamagedOnes_GivesWhatReadGivesOfEach(int count)
    {
        var random = new Random(count);
        var records = Enumerable.Range(0, count).Select(i => new KinesisRecordData(Any(random), $"key-{i}")).ToArray();
        foreach (var range in (ShardHashKeys?[])[null, new ShardHashKeys(0, UInt128.MaxValue / 2), new ShardHashKeys(0, UInt128.MaxValue)])
        {
            var all = Aggregates.ReadAll(records, range);
            Assert.Equal(
                records.Select(r => Aggregates.Read(r.Data, r.PartitionKey, range).Select(static m => KclRecord.Of(m)).ToArray()),
                all.Select(static r => r.Select(static m => KclRecord.Of(m)).ToArray()));
            Assert.Equal(count, all.Count());
        }

        Assert.True(count < 63 || records.Count(static r => Aggregates.Read(r.Data, "").First().IsMember) > count / 4);
    }

    [Fact]
    public void ReadAll_OneWrongTrailerAmongRightOnes_IsThatOnesAlone()
    {
        var right = Payloads.V6();
        for (var wrong = 0; wrong < 64; wrong++)
        {
            KinesisRecordData[] records = [.. Enumerable.Repeat(new KinesisRecordData(right, "a"), 64)];
            var damaged = right.AsSpan().ToArray();
            damaged[^1] ^= 1;
            records[wrong] = new KinesisRecordData(damaged, "damaged");
            var read = Aggregates.ReadAll(records).Select(static r => r.Count()).ToArray();
            Assert.Equal(1, read[wrong]);
            Assert.Equal(63, read.Count(static members => members == 300));
        }
    }

    /// <summary>KCL looks at explicit hash keys where there are some, and at no partition key that no member is routed by.</summary>
    [Fact]
    public void ReadAll_AnExplicitHashKeyInTheShard_CountsInsteadOfThePartitionKey()
    {
        var (inside, outside) = (KeyIn(lower: true), KeyIn(lower: false));
        var lower = new ShardHashKeys(0, UInt128.MaxValue / 2);
        AssertGiven(2, lower, (inside, null), (outside, "7"));
        AssertGiven(0, lower, (inside, null), (outside, null));
        AssertGiven(0, lower, (inside, "340282366920938463463374607431768211455"), (inside, null));
        AssertGiven(0, lower, (outside, "7"), (outside, null));
    }

    /// <summary>Long keys are hashed by themselves, and many keys in several goes.</summary>
    [Fact]
    public void ReadAll_ManyAndLongKeys_AreAllLookedAt()
    {
        foreach (var count in (int[])[1, 63, 64, 65, 200])
        {
            foreach (var length in (int[])[1, 36, 55, 56, 700, 5_000])
            {
                var keys = Enumerable.Range(0, count).Select(i => KeyIn(lower: true, i * 50, length)).ToList();
                AssertGiven(count, new ShardHashKeys(0, UInt128.MaxValue / 2), [.. keys.Select(static k => (k, (string?)null))]);
                keys[^1] = KeyIn(lower: false, 0, length);
                AssertGiven(0, new ShardHashKeys(0, UInt128.MaxValue / 2), [.. keys.Select(static k => (k, (string?)null))]);
            }
        }
    }

    [Fact]
    public void ReadAll_OfNone_IsEmpty() => Assert.Empty(Aggregates.ReadAll([]));

    /// <summary>A loop over one that a program had not set yet threw a NullReferenceException.</summary>
    [Fact]
    public void ABatch_ThatWasNeverSet_IsEmpty()
    {
        foreach (var records in default(DeaggregatedBatch))
            Assert.Fail($"{records}");
        Assert.Empty(default(DeaggregatedBatch));
    }

    /// <summary>The rest of an array that was not filled came as members of aggregates.</summary>
    [Fact]
    public void ReadAll_OfARecordThatWasNeverSet_Throws() =>
        Assert.Equal("record.PartitionKey", Assert.Throws<ArgumentNullException>(() => Aggregates.ReadAll(new KinesisRecordData[1]).Count()).ParamName);

    [Fact]
    public void ReadAll_Members_AllocateNothing()
    {
        KinesisRecordData[] records = [.. Enumerable.Range(0, 100).Select(_ => new KinesisRecordData(Payloads.V6(), "a"))];
        var members = 0L;
        for (var i = 0; i < 20; i++)
            members += Count(records);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 20; i++)
            members += Count(records);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(40 * 100 * 300, members);
    }

    private static long Count(KinesisRecordData[] records)
    {
        var members = 0L;
        foreach (var record in Aggregates.ReadAll(records, new ShardHashKeys(0, UInt128.MaxValue)))
        {
            foreach (var member in record)
                members += member.Data.Length / 130;
        }

        return members;
    }

    private static byte[] Any(Random random)
    {
        var data = Payloads.Random(random);
        switch (random.Next(8))
        {
            case 0:
                return data[4..];
            case 1:
                return data[..random.Next(data.Length)];
            case 2:
                data[random.Next(4, data.Length)]++;
                return data;
            default:
                return data;
        }
    }

    private static void AssertGiven(int members, ShardHashKeys range, params (string Key, string? HashKey)[] records)
    {
        var data = Payloads.Frame(Payloads.Message([.. records.Select(static r => (r.Key, r.HashKey, (byte[])[1]))]));
        Assert.Equal(members, Aggregates.ReadAll([new KinesisRecordData(data, "a")], range).Single().Count());
        Assert.Equal(members, Aggregates.Read(data, "a", range).Count());
        Assert.Equal(members, Kcl.Deaggregate(data, "a", range.Starting, range.Ending).Count);
    }

    /// <summary>A key whose MD5 is in the lower or the upper half, from a number on.</summary>
    private static string KeyIn(bool lower, int from = 0, int length = 1)
    {
        for (var i = from; ; i++)
        {
            var key = $"{i}".PadRight(length, 'x');
            if (MD5.HashData(Encoding.UTF8.GetBytes(key))[0] < 128 == lower)
                return key;
        }
    }
}
