using System.Numerics;
using Orleans.Kpl.LocalKinesis.Store;

namespace Orleans.Kpl.LocalKinesis.Tests.Store;

public class HashKeyRangeTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(64)]
    [InlineData(1_000)]
    [InlineData(5_000)]
    public void Even_CoversEveryHashOnceInRangesOfTheServicesLength(int count)
    {
        var ranges = HashKeyRange.Even(count);
        var length = BigInteger.Pow(2, 128) / count;
        Assert.Equal(count, ranges.Length);
        Assert.Equal(UInt128.MaxValue, ranges[^1].End);
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(i * length, (BigInteger)ranges[i].Start);
            if (i > 0) Assert.Equal(ranges[i - 1].End + 1, ranges[i].Start);
        }
    }
}
