using Orleans.Kpl.Packed;

namespace Orleans.Kpl.Abstractions.Tests.Packed;

/// <summary>Ranges of hash keys in messages.</summary>
/// <remarks>Tests <see cref="PackedRanges"/>.</remarks>
public sealed class PackedRangesTests
{
    [Fact]
    public void Ranges_ThatTouchOrOverlap_BecomeOne()
    {
        var packed = PackedRanges.Pack([(0, 9), (10, 19), (15, 17), (21, 30), (40, UInt128.MaxValue), (50, 60)]);

        Assert.Equal([(0, 19), (21, 30), (40, UInt128.MaxValue)], PackedRanges.Parse(packed));
        Assert.Equal(3 * 32, packed.Length);
    }

    [Fact]
    public void NoRanges_AreNoBytes() => Assert.Empty(PackedRanges.Parse(PackedRanges.Pack([])));

    [Theory]
    [InlineData("00")]
    [InlineData("0000000000000000000000000000000200000000000000000000000000000001")]
    [InlineData("0000000000000000000000000000000100000000000000000000000000000003" +
        "0000000000000000000000000000000300000000000000000000000000000004")]
    public void Bytes_ThatAreNoRanges_AreRefused(string hex) =>
        Assert.Throws<PackedFormatException>(() => PackedRanges.Parse(Convert.FromHexString(hex)));
}
