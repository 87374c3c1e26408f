using System.Globalization;
using System.Numerics;
using Orleans.Kpl.Pipeline.Doubts;

namespace Orleans.Kpl.Pipeline.Tests.Kinesis;

public sealed class ShardRangeTests
{
    /// <summary>A shard's first sequence number and one of a record it took, as AWS's guide to the CLI shows them.</summary>
    private const string First = "49546986683135544286507457935754639466300920667981217794";
    private const string Taken = "49546986683135544286507457936321625675700192471156785154";

    private static readonly BigInteger Start = BigInteger.Parse(First, CultureInfo.InvariantCulture);
    private static readonly BigInteger Span = BigInteger.Pow(10, 41);

    [Fact]
    public void SeemsOlderThan_ANumberOfTheShard_IsFalse()
    {
        Assert.False(Seems(First));
        Assert.False(Seems(Taken));
        Assert.False(Seems(Start + Span - 1));
        // A count of 10^15 records.
        Assert.False(Seems(Start + (new BigInteger(1e15) << 80)));
    }

    [Fact]
    public void SeemsOlderThan_ANumberOfAShardCreatedLater_IsTrue()
    {
        Assert.True(Seems(Start + Span));
        Assert.True(Seems(Start + (BigInteger.One << 148)));
        // Years later, as AWS's guide to Lambda shows one.
        Assert.True(Seems("49590338271490256608559692538361571095921575989136588898"));
    }

    [Fact]
    public void SeemsOlderThan_ANumberOfAShardCreatedEarlier_IsFalse() => Assert.False(Seems(Start - (BigInteger.One << 148)));

    [Theory]
    [InlineData(null, Taken)]
    [InlineData("1", "9")]
    [InlineData(First, "")]
    [InlineData(First, "not a number of 56 digits, but a text of as many letters!")]
    [InlineData(First, "9")]
    public void SeemsOlderThan_WhereTheNumbersDoNotTell_IsFalse(string? first, string number) =>
        Assert.False(new ShardRange("s", 0, 1, first).SeemsOlderThan(number));

    [Fact]
    public void SeemsOlderThan_OfARangeOfNumbers_IsExact()
    {
        var random = new Random(1);
        for (var i = 0; i < 10_000; i++)
        {
            var difference = random.Next(2) == 0 ? Span - random.Next(-3, 3) : new BigInteger(random.NextDouble() * 3e41);
            Assert.Equal(difference >= Span, Seems(Start + difference));
        }
    }

    private static bool Seems(BigInteger number) => Seems(number.ToString(CultureInfo.InvariantCulture));

    private static bool Seems(string number) => new ShardRange("s", 0, 1, First).SeemsOlderThan(number);
}
