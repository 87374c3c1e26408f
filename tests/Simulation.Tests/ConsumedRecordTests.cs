using System.Security.Cryptography;
using Orleans.Kpl.Simulation.Service;

namespace Orleans.Kpl.Simulation.Tests;

/// <summary>The simulator's own reader of aggregates.</summary>
public sealed class ConsumedRecordTests
{
    // Keys "a" and "b", the explicit hash key 5; members: key 0 with data 01, key 1 with hash key 0 and data 02 03.
    private static readonly byte[] Message =
    [
        0x0a, 1, (byte)'a', 0x0a, 1, (byte)'b', 0x12, 1, (byte)'5', 0x1a, 5, 0x08, 0, 0x1a, 1, 1, 0x1a, 8, 0x08, 1, 0x10, 0, 0x1a, 2, 2, 3,
    ];

    [Fact]
    public void Read_OfAnAggregate_GivesItsMembers()
    {
        var members = ConsumedRecord.Read("a", 0, Aggregate(MD5.HashData(Message)));

        Assert.Equal([[1], [2, 3]], members.Select(static m => m.Data));
        Assert.Equal([ConsumedRecord.HashOf("a"), 5], members.Select(static m => m.HashKey));
    }

    [Fact]
    public void Read_OfAnAggregateWithAWrongDigest_Throws() =>
        Assert.Throws<InvalidDataException>(static () => ConsumedRecord.Read("a", 0, Aggregate(new byte[16])));

    [Fact]
    public void Read_OfAnythingElse_GivesItAsItIs() => Assert.Equal([new byte[] { 1, 2 }], ConsumedRecord.Read("a", 7, [1, 2]).Select(static m => m.Data));

    [Fact]
    public void HashOf_IsTheMd5OfTheKey() => Assert.Equal(UInt128.Parse("16955237001963240173058271559858726497", null), ConsumedRecord.HashOf("a"));

    private static byte[] Aggregate(byte[] digest) => [0xf3, 0x89, 0x9a, 0xc2, .. Message, .. digest];
}
