using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.LocalKinesis.Store;

namespace Orleans.Kpl.LocalKinesis.Tests.Store;

public class SequenceNumberTests
{
    private static readonly Arbitrary<SequenceNumber> Numbers = (
        from birth in Gen.Choose(0, int.MaxValue)
        from counter in Gen.Choose(0, int.MaxValue)
        from arrival in Gen.Choose(0, int.MaxValue)
        from shard in Gen.Choose(0, 9_999)
        select new SequenceNumber(birth * 1_000L, counter * 100_000_000L, arrival * 1_000L, shard)).ToArbitrary();

    [Fact]
    public void ToString_WhenParsed_IsTheSameNumber() => Prop.ForAll(Numbers, number =>
    {
        var text = number.ToString();
        return text.Length == 56 && SequenceNumber.TryParse(text, out var parsed) && parsed == number;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Digits_WhenFieldsDiffer_CompareAsTheFieldsDo() => Prop.ForAll(Numbers, Numbers, (left, right) =>
        Math.Sign(Fields(left).CompareTo(Fields(right))) == BigInteger.Parse(left.ToString()).CompareTo(BigInteger.Parse(right.ToString()))
        && Math.Sign(Fields(left).CompareTo(Fields(right))) == Math.Sign(string.CompareOrdinal(left.ToString(), right.ToString())))
        .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("4912345678901234567890123456789012345678901234567890123")]
    [InlineData("59123456789012345678901234567890123456789012345678901234")]
    [InlineData("4912345678901234567890123456789012345678901234567890123x")]
    public void TryParse_WhenNotOfThisEndpoint_Refuses(string text) => Assert.False(SequenceNumber.TryParse(text, out _));

    private static (long, long, long, int) Fields(SequenceNumber number) => (number.Birth, number.Counter, number.ArrivalMs, number.ShardIndex);
}
